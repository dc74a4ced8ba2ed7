"""Files that people keep by hand, turned into records of the book: strictly, with a line number for every complaint."""
