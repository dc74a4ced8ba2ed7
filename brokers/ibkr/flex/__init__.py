"""Flex statements: what Interactive Brokers says has happened, as XML over HTTP, a day later."""
