"""Markdown that grows: text to blocks, blocks to a document, without ever rendering the finished part again."""
