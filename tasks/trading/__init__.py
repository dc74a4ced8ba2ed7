"""The steps of an execution window."""
