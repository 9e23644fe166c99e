"""The store: what has been done for a dataset, committed as it is made, found again by key."""
