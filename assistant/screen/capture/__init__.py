"""Taking a picture of the screen."""
