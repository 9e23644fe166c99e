"""training learns and measures: what changes weights or computes a score against labels."""
