"""The visual side of the line: from a file to stretches worth a description, with an encoder alone."""
