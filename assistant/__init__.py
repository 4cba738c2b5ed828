"""Hearsight: hears you, sees your screen, and stays on your machine."""

__version__ = "0.1.0"
