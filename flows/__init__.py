"""Compositions that read like a table of contents."""
