"""Compositions that read like a table of contents. Whoever imports one logs no secrets from then on."""

from tasks.log import redact_logs

redact_logs()
