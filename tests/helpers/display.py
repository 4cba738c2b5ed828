"""The display fixtures."""
