"""One run as one page: the numbers, what went wrong, and queries to look at."""
