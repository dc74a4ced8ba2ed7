"""Crypto venues through ccxt: one adapter, and a thin file for each venue under `venues/`."""
