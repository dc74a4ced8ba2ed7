"""Alpaca: stocks, options and crypto over the real alpaca-py client."""
