"""placeholder until the report's reader is known"""


def report() -> None:
    """Show."""
