"""Where a question is written: text, pictures, recordings."""
