"""The command line: the `whenwhat` program and what its subcommands share."""
