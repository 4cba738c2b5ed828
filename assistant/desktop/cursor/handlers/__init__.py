"""One file for each system's way to ask."""
