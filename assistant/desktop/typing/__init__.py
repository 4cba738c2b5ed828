"""Typing into other programs: one handler for each system's way."""
