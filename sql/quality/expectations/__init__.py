"""Our own expectations, one file per table. Importing them imports Great Expectations: do it inside a function."""
