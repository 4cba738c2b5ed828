"""Global keys: press and release, wherever the focus is."""
