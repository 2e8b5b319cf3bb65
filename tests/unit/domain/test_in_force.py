"""Which deposit is in force: supersession, partial after complete, nil over figures, withdrawal."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.in_force import Candidate, resolve
from domain.verdicts import Verdict

START = datetime(2005, 4, 1, tzinfo=UTC)


def deposit(number, verdict=Verdict.ACCEPTED, *, complete=None, rows=True):
    return Candidate(
        section_id=number,
        submission_id=f"d{number}",
        received_at=START + timedelta(hours=number),
        verdict=verdict,
        complete=verdict in {Verdict.ACCEPTED, Verdict.ACCEPTED_WITH_WARNINGS, Verdict.NIL}
        if complete is None
        else complete,
        has_rows=rows and verdict is not Verdict.NIL,
    )


def in_force(*deposits):
    found = resolve(deposits).section
    return None if found is None else found.section_id


PARTIAL, NIL, REJECTED, DUPLICATE = Verdict.PARTIALLY_ACCEPTED, Verdict.NIL, Verdict.REJECTED, Verdict.DUPLICATE


def test_a_later_accepted_deposit_supersedes():
    assert in_force(deposit(1), deposit(2)) == 2


def test_order_of_receipt_decides_not_order_of_judging():
    assert in_force(deposit(2), deposit(1)) == 2


def test_rejected_and_duplicate_deposits_change_nothing():
    assert in_force(deposit(1), deposit(2, REJECTED), deposit(3, DUPLICATE)) == 1
    assert in_force(deposit(1, REJECTED)) is None


def test_a_partial_deposit_never_takes_the_place_of_a_complete_one():
    assert in_force(deposit(1), deposit(2, PARTIAL)) == 1


def test_a_partial_deposit_takes_the_place_of_a_partial_one():
    assert in_force(deposit(1, PARTIAL), deposit(2, PARTIAL)) == 2


def test_a_complete_deposit_takes_the_place_of_a_partial_one():
    assert in_force(deposit(1, PARTIAL), deposit(2)) == 2


def test_a_nil_return_over_nothing_is_in_force_at_once():
    assert in_force(deposit(1, NIL)) == 1


def test_a_nil_return_over_figures_waits_for_a_second_one():
    waiting = resolve([deposit(1), deposit(2, NIL)])
    assert waiting.section is not None
    assert waiting.section.section_id == 1
    assert waiting.waiting_nil is not None
    assert waiting.waiting_nil.section_id == 2
    assert in_force(deposit(1), deposit(2, NIL), deposit(3, NIL)) == 3


def test_figures_in_between_forget_the_waiting_nil_return():
    assert in_force(deposit(1), deposit(2, NIL), deposit(3), deposit(4, NIL)) == 3


def test_figures_take_the_place_of_a_nil_return():
    assert in_force(deposit(1, NIL), deposit(2)) == 2


def test_withdrawal_is_the_same_rule_without_the_deposit():
    assert in_force(deposit(1), replace(deposit(2), withdrawn=True)) == 1
    assert in_force(replace(deposit(1), withdrawn=True), deposit(2, PARTIAL)) == 2
    assert in_force(replace(deposit(1), withdrawn=True)) is None


@given(st.lists(st.tuples(st.sampled_from(list(Verdict)), st.booleans(), st.booleans()), max_size=8), st.randoms())
def test_the_rule_does_not_depend_on_the_order_in_which_deposits_are_handed_over(kinds, random):
    deposits = [
        replace(deposit(number, verdict, complete=complete), withdrawn=withdrawn)
        for number, (verdict, complete, withdrawn) in enumerate(kinds)
    ]
    expected = resolve(deposits)
    random.shuffle(deposits)
    assert resolve(deposits) == expected
    if expected.section is not None:
        assert expected.section.verdict.loads
        assert not expected.section.withdrawn
