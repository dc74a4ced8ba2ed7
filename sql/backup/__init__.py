"""Copies of both stores that agree with each other, and the way back. docs/recovery.md says how people use them.

The warehouse's writers wait while both are copied; the journal's do not. So the ledger never holds what the journal of
the same backup does not know, and the two stand as after a crash at the moment of the journal's copy.
"""
