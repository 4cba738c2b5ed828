"""Engines: what turns a prompt into an answer and speech into text."""
