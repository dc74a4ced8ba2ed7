"""One file per version, oldest first; never edited once released."""
