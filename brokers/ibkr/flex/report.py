"""A Flex file through ibflex. It is whole and understood, or it is kept aside: nothing is read around."""

from __future__ import annotations

import warnings
from typing import Any

from brokers.ibkr.flex.words import SHOWN, Word, word_of
from tieout.errors import Malformed
from tieout.redact import beginning


def report_of(body: object) -> Word | Any:
    """The service's word, or the report as ibflex reads it.

    Attributes that ibflex does not know are left out by it and do no harm; sections it does not know are named.
    raises   Malformed for a file that is cut short, or uses a code that ibflex does not know
    """
    word = word_of(body)
    if word is not None:
        return word
    if not isinstance(body, bytes):
        raise Malformed("Flex answered nothing")
    from ibflex import parser

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return parser.parse(body)
    except (parser.FlexParserError, ValueError, KeyError, TypeError, AssertionError) as error:
        received = beginning(body, SHOWN)
        raise Malformed(f"a Flex report that cannot be read: {error}", received=received) from None
