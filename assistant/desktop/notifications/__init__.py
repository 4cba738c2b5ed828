"""Notifications that are kept up to date: the HUD of desktops where a window of ours would take the focus."""
