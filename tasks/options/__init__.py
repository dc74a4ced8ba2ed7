"""Options from forecast to book: looking, deciding, proving, and telling."""
