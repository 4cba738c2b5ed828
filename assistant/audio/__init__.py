"""The microphone and sound files."""
