"""One module for each way of taking a picture of the screen."""
