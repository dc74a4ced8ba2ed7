"""Tables of the two stores. Column names that DESIGN promises to outside queries are never renamed."""
