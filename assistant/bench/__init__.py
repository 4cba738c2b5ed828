"""The measures behind `hearsight bench`, and the starters of X and sound servers."""
