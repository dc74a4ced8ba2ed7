"""Planning the day: drawn from calendars, compared with the venues, kept in Prefect's schedule."""
