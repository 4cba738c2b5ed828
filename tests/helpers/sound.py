"""The sound fixtures."""
