"""One suite per table: which expectations over which batch. They are critical unless a suite says warning."""
