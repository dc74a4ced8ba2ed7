"""The figures of the noise report."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection, select

from sql.alert_messages import count_left
from sql.alerts import read_tally
from sql.schema.journal import break_case
from tieout.alerts_noise import Noise, months_span, noise_of


def read_noise(connection: Connection, month: date) -> Noise:
    """What was told in a month, by its first day; days are UTC."""
    first, last = months_span(month)
    begins = datetime.combine(first, time(), UTC)
    left = count_left(connection, begins, datetime.combine(last, time(), UTC) + timedelta(days=1))
    seen = (break_case.c.first_seen >= first, break_case.c.first_seen <= last)
    causes = connection.execute(select(break_case.c.cause).where(*seen)).scalars()
    return noise_of(first, read_tally(connection, first, last), left, causes)
