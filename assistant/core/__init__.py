"""What every part of Hearsight shares: prompts, events, errors, geometry. Standard library and numpy; xcffib in x11.py."""
