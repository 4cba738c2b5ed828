"""The threads between the window and the flows: the only modules that own a QThread."""
