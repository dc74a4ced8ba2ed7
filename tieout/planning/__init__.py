"""The day's plan: which runs a session needs, when, and what becomes of those that were missed. Pure."""
