"""What the user chose, and where Hearsight keeps its files."""
