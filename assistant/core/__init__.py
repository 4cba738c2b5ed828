"""What every part of Hearsight shares: prompts, events, errors, geometry. Only x11.py needs more than numpy."""
