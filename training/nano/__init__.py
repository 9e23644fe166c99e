"""Nano models: small enough to learn on two CPU cores, of the architectures and in the layout of the released ones."""
