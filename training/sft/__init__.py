"""Supervised fine-tuning: labelled rows as replies, TRL's trainer taught to see."""
