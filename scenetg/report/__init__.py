"""The page of a dataset: what was built, what was turned away and why, what to look at, and its data card."""
