"""The screen: windows and captures."""
