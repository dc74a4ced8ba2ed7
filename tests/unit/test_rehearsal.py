"""The rehearsal's verdict: whatever is missing, other than it must be, or too much, is said."""

from __future__ import annotations

from tieout.rehearsal import MUST, Came, differences

AS_IT_MUST = tuple(Came(account, day, state) for (account, day), state in MUST.items())


def test_a_rehearsal_that_came_out_as_it_must_has_no_differences() -> None:
    assert differences(AS_IT_MUST) == ()


def test_a_spoiled_download_that_ties_out_is_a_difference() -> None:
    (said,) = differences(
        [Came(one.account_id, one.session, "tied_out") for one in AS_IT_MUST if "busy" not in one.account_id]
        + [one for one in AS_IT_MUST if "busy" in one.account_id]
    )

    assert said == "alpaca-partial of session 2 is tied_out, must be quarantined"


def test_an_account_that_was_not_closed_and_one_that_nobody_knows_are_differences() -> None:
    found = differences((*AS_IT_MUST[1:], Came("other", 1, "tied_out")))

    assert found == ("alpaca-clean of session 1 was not closed", "other of session 1 is not in the story")
