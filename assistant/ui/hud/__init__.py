"""What shows while a key is held, and until the answer's first words."""
