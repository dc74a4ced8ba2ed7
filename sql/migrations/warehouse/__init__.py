"""Migrations of the warehouse."""
