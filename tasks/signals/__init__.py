"""The ways in for signals: drop folder, table, webhook."""
