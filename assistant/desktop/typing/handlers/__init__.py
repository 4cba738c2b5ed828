"""One file for each way of typing."""
