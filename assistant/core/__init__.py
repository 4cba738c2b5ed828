"""What every part of Hearsight shares: prompts, events, errors, geometry. Standard library, numpy, and xcffib in one module."""
