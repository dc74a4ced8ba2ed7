"""Where secrets are kept, and how they are read, replaced and put back."""
