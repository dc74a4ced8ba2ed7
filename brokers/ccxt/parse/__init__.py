"""What ccxt hands over to our records, and the ledgers that it gets wrong, read by themselves. Pure."""
