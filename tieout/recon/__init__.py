"""Reconciliation: differences between book, snapshot and statement become explained breaks with their evidence."""
