"""Asking a model: many requests at once, none twice, within what the user allows."""
