"""The pane at the left: past conversations, and the search through them."""
