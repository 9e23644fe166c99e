"""Queries: from a stretch of video to a row, with a model; one module for each stage."""
