"""The line: from videos to rows, one stage after the other."""
