"""Whole systems over benchmarks: what each said, as it is said, and what that is worth."""
