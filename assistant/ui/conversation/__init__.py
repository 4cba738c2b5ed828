"""The conversation: questions in bubbles, answers as they stream, and what belongs to them."""
