"""What ships beside the code: icons, the sample screen and the sample speech."""
