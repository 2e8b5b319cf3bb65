"""A doublon is what is in force and was accepted without errors, again; anything else is judged (contract §6)."""

from __future__ import annotations

import pytest

from ingest.demo import files
from ingest.demo.network_files import write_network
from tests.day_kit import QUARTER, Day


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Verdicts by the word at the end of each name."""
    day = Day(tmp_path_factory.mktemp("day"), write_network(tmp_path_factory.mktemp("network")))
    good, mobility = day.n1a("PF01"), files.good_n1m_csv(day.directory, "PF02", QUARTER).content
    partial = mobility.rstrip().rpartition(b";")[0] + b";beaucoup\r\n"
    steps = (
        (("pf01", "premier", good), ("pf02", "partiel", partial), ("pf03", "faux", b"rien\n"), ("pf04", "a", None)),
        (("pf01", "encore", good), ("pf02", "partiel2", partial), ("pf03", "faux2", b"rien\n"), ("pf04", "b", b"x")),
        (("pf04", "a2", None), ("pf05", "retire", None), ("pf02", "dautrui", good)),
    )
    trials = (("pf01", "essai", good), ("pf03", "essai3", day.n1a("PF03")))

    def drop(account: str, word: str, content: bytes | None, box: str = "depot") -> None:
        code = "N1M" if content in {mobility, partial} else "N1A"
        own = day.n1a(account.upper()) if content is None else content
        day.drop(account, f"{code}_2006T1_{word}.csv", own + b"\r\n" if content == b"x" else own, box=box)

    for number, step in enumerate(steps):
        for account, word, content in step:
            drop(account, word, day.n1a("PF04") + b"\r\n" if word == "b" else content)
        for account, word, content in trials if number == 1 else ():
            drop(account, word, content, box="essai")
        day.passes()
    assert day.command("withdraw", day.number_of("N1A_2006T1_retire.csv"), "--reason", "trop tôt") == 0
    drop("pf05", "retire2", None)
    drop("pf03", "depot3", None)
    day.drop("pf01", "N1A_2005T4_autre.csv", good)
    day.passes()
    return {one["file"]["name"].rpartition("_")[2].removesuffix(".csv"): one["verdict"] for one in day.rows()}


def test_what_is_in_force_again_is_a_doublon(verdicts):
    assert (verdicts["premier"], verdicts["encore"]) == ("accepted", "duplicate")


@pytest.mark.parametrize(
    ("again", "verdict"),
    [
        ("partiel2", "partially_accepted"),
        ("faux2", "rejected"),
        ("a2", "accepted"),
        ("retire2", "accepted"),
    ],
    ids=["accepted with errors", "rejected", "superseded", "withdrawn before"],
)
def test_the_same_bytes_of_what_is_not_are_judged(verdicts, again, verdict):
    assert verdicts[again] == verdict == verdicts[again[:-1]]


def test_another_period_or_another_account_is_judged(verdicts):
    assert verdicts["autre"] != "duplicate"
    assert verdicts["dautrui"] != "duplicate"


def test_a_trial_neither_makes_nor_meets_one(verdicts):
    assert verdicts["essai"] == "accepted"
    assert (verdicts["essai3"], verdicts["depot3"]) == ("accepted", "accepted")
