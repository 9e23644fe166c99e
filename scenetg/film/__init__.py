"""A small captioned film whose every span is known, to try things out on."""
