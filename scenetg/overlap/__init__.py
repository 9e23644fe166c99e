"""Overlap: is footage of an evaluation set among the videos? Held against hashes of pictures, which can be shared."""
