"""Options in the journal: forecasts, reservations, and what was proven."""
