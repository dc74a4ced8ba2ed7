"""Thin retryable shells over the domain, the brokers and the stores. A rule found here moves down."""
