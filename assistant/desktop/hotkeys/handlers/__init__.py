"""One module for each system's way of grabbing keys."""
