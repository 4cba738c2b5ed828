"""What the user does, one file each, free of Qt."""
