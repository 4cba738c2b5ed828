"""What the system tells of the focused field: the text before its cursor, and whether it takes a password."""
