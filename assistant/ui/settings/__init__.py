"""The settings window: one page a section, changes apply at once."""
