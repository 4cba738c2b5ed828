"""What every part of Hearsight shares: prompts, events, errors, geometry. Standard library and numpy, but for x11.py."""
