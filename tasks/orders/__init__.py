"""Carrying out what the order machine decides."""
