"""The output: the files of a dataset."""
