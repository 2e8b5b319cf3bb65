"""Accepted figures judged beside their past: what is asked, where it is said, what is handed on to the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.findings import Finding
from domain.judgement import Judgement, SectionJudgement
from domain.justifications import Remembered, Subject
from domain.periods import Period
from domain.verdicts import Verdict
from ingest.catalogue import load_catalogue
from ingest.context import NoLedger
from rules.past import Key, Line, Past, PeerLevel

COLUMNS = ("diagnostics_prealables", "engagements_reciproques", "diagnostics_complementaires")
NOW = Period(2005, 1)
PARIS = ZoneInfo("Europe/Paris")
MEMBERS = ("CIL001", "CIL002", "CCI003")
USUAL = {"CIL001": (40, 20, 10), "CIL002": (30, 12, 6), "CCI003": (25, 14, 5)}


@dataclass
class Remembering(NoLedger):
    """A ledger with a past: figures by member, the last quarter first."""

    quarters: Mapping[str, Sequence[tuple[int, ...] | None]] = field(default_factory=dict)
    nil: frozenset[Period] = frozenset()
    former: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    network: PeerLevel | None = None
    said: dict[Subject, Remembered] = field(default_factory=dict)
    asked: list[AbstractSet[str] | None] = field(default_factory=list)

    def past(
        self, account: str, collection: str, periods: Sequence[Period], members: AbstractSet[str] | None = None
    ) -> Past:
        assert (account, collection) == ("pf03", "N1A")
        self.asked.append(members)
        lines: dict[Key, dict[Period, Line]] = {}
        for member, values in self.quarters.items():
            for period, line in zip(periods, values, strict=False):
                if line is not None:
                    lines.setdefault((member,), {})[period] = self.line(line)
        return Past(lines=lines, nil=self.nil)

    def replaced(self, account: str, collection: str, period: Period) -> Mapping[Key, Line]:
        assert (account, collection, period) == ("pf03", "N1A", NOW)
        return {(member,): self.line(values) for member, values in self.former.items()}

    def peers(self, collection: str, column: str, periods: Sequence[Period], share: float) -> PeerLevel | None:
        assert (collection, len(periods), share) == ("N1A", 4, 0.99)
        assert column in COLUMNS
        return self.network

    def confirmed(self, account: str, collection: str, period: Period) -> Mapping[Subject, Remembered]:
        assert (account, collection, period) == ("pf03", "N1A", NOW)
        return self.said

    @staticmethod
    def line(values: tuple[int, ...]) -> Line:
        return {name: float(value) for name, value in zip(COLUMNS, values, strict=True)}


def usual(quarters: int = 5, **values: Any) -> Remembering:
    """Every member near its level, never twice the same."""
    drift = (0, 1, -1, 2, -2, 1, 0, 2)

    def line(values: tuple[int, ...], age: int) -> tuple[int, ...]:
        return tuple(value + drift[age] * (place % 2 or -1) for place, value in enumerate(values))

    past = {member: [line(values, age) for age in range(quarters)] for member, values in USUAL.items()}
    return Remembering(quarters=past, **values)


def table(files: Any, *rows: tuple[Any, ...], titles: tuple[str, ...] = (), **other: tuple[int, ...]) -> bytes:
    lines = {**{member: (line[0] + 2, line[1] + 1, line[2] - 1) for member, line in USUAL.items()}, **other}
    places = {"CIL001": "01", "CIL002": "63", "CCI003": "69"}
    data = rows or [(places[member], member, *lines[member]) for member in MEMBERS]
    return bytes(files.csv([(*files.titles, *titles), *data]))


def only(judgement: Judgement) -> SectionJudgement:
    [section] = judgement.sections
    return section


def of(section: SectionJudgement, prefix: str) -> list[Finding]:
    return [one for one in section.findings if one.code.startswith(prefix)]


def test_usual_figures_are_accepted_without_a_word(desk: Any, files: Any) -> None:
    ledger = usual()
    section = only(desk("N1A_2005T1.csv", table(files), ledger=ledger))
    assert (section.verdict, section.findings, section.oddities) == (Verdict.ACCEPTED, (), ())
    assert ledger.asked == [frozenset(MEMBERS)]


def test_a_first_deposit_has_no_finding_at_all(desk: Any, files: Any) -> None:
    section = only(desk("N1A_2005T1.csv", table(files), ledger=Remembering()))
    assert (section.verdict, section.findings) == (Verdict.ACCEPTED, ())


def test_not_enough_history_is_said_once(desk: Any, files: Any) -> None:
    section = only(desk("N1A_2005T1.csv", table(files, CIL001=(400, 20, 10)), ledger=usual(1)))
    [finding] = section.findings
    assert (section.verdict, finding.code, finding.row) == (Verdict.ACCEPTED, "G-18", None)
    assert finding.message.startswith("3\u00a0lignes\u00a0: pas assez d’historique")


def test_a_spike_is_a_question_at_its_cell_and_an_oddity(desk: Any, files: Any) -> None:
    section = only(desk("N1A_2005T1.csv", table(files, CIL002=(310, 13, 5)), ledger=usual()))
    [finding] = section.findings
    assert section.verdict is Verdict.ACCEPTED_WITH_WARNINGS
    assert (finding.code, finding.row, finding.cell, finding.value) == ("A-01", 3, "C3", "310")
    assert (finding.column, finding.label) == (COLUMNS[0], "Nb de diagnostics préalables (1)")
    [oddity] = section.oddities
    assert oddity.subject == Subject(code="A-01", column=COLUMNS[0], record="CIL002", value="310")
    assert (oddity.message, oddity.row, oddity.confirmation) == (finding.message, 3, None)
    assert oddity.label == finding.label


def test_a_justification_confirms_it_and_memory_too(desk: Any, files: Any) -> None:
    lines = (("01", "CIL001", 42, 21, 9), ("63", "CIL002", 310, 13, 5), ("69", "CCI003", 27, 15, 4))
    spiked = [(*line, "deux agences" if line[2] == 310 else "") for line in lines]
    ledger = usual()
    section = only(desk("N1A_2005T1.csv", table(files, *spiked, titles=("justification",)), ledger=ledger))
    assert section.verdict is Verdict.ACCEPTED
    [said] = section.justifications
    [oddity] = section.oddities
    assert (oddity.subject, oddity.confirmation) == (said.subject, "deux agences")
    ledger.said[said.subject] = Remembered(
        text=said.text, author="pf03", confirmed_at=datetime(2005, 4, 18, tzinfo=UTC), submission_id="1"
    )
    again = only(desk("N1A_2005T1.csv", table(files, CIL002=(310, 13, 5)), ledger=ledger))
    assert (again.verdict, again.oddities[0].confirmation) == (Verdict.ACCEPTED, "deux agences")
    other = only(desk("N1A_2005T1.csv", table(files, CIL002=(311, 13, 5)), ledger=ledger))
    assert other.verdict is Verdict.ACCEPTED_WITH_WARNINGS


def test_what_the_central_body_confirmed_of_a_whole_table_is_not_asked_again(desk: Any, files: Any) -> None:
    ledger = usual()
    copied = {member: values[0] for member, values in ledger.quarters.items()}
    section = only(desk("N1A_2005T1.csv", table(files, **copied), ledger=ledger))
    [finding] = section.findings
    assert (finding.code, finding.row, section.verdict) == ("A-04", None, Verdict.ACCEPTED_WITH_WARNINGS)
    [oddity] = section.oddities
    assert oddity.subject == Subject(code="A-04", column="", record="", value="3 / 3")
    ledger.said[oddity.subject] = Remembered(
        text="vérifié au téléphone", author="uesl", confirmed_at=datetime(2005, 4, 19, tzinfo=UTC), submission_id="1"
    )
    again = only(desk("N1A_2005T1.csv", table(files, **copied), ledger=ledger))
    assert (again.verdict, again.oddities[0].confirmation) == (Verdict.ACCEPTED, "vérifié au téléphone")


def test_a_warning_within_a_record_is_an_oddity_unless_the_record_is_refused(desk: Any, files: Any) -> None:
    section = only(desk("N1A_2005T1.csv", table(files, CIL001=(9, 5, 12))))
    [oddity] = section.oddities
    assert (oddity.subject.code, oddity.subject.value, oddity.row) == ("N1A.R08", "12 / 9", 2)
    refused = table(files, ("01", "CIL001", 9, -5, 12), ("63", "CIL002", 7, 1, 0), ("69", "CCI003", 3, 3, 1))
    section = only(desk("N1A_2005T1.csv", refused))
    assert [one.code for one in of(section, "N1A.R08")] == ["N1A.R08"]
    assert section.oddities == ()


def test_a_refused_record_is_not_compared(desk: Any, files: Any) -> None:
    rows = (("01", "CIL001", 42, 21, 9), ("63", "CIL002", 310, -1, 5), ("69", "CCI003", 27, 15, 4))
    section = only(desk("N1A_2005T1.csv", table(files, *rows), ledger=usual()))
    assert (section.verdict, of(section, "A-"), section.oddities) == (Verdict.PARTIALLY_ACCEPTED, [], ())


def test_a_blocked_table_is_not_compared(desk: Any, files: Any) -> None:
    ledger = usual()
    rows = (("01", "CIL001", -42, 21, 9), ("63", "CIL002", 310, -1, 5), ("69", "CCI003", 27, 15, 4))
    section = only(desk("N1A_2005T1.csv", table(files, *rows), ledger=ledger))
    assert (section.verdict, section.oddities, ledger.asked) == (Verdict.REJECTED, (), [])


def test_a_nil_return_after_activity_is_a_question(desk: Any) -> None:
    section = only(desk("N1A_2005T1.csv", b"NEANT", ledger=usual()))
    [finding] = of(section, "A-")
    assert (section.verdict, finding.code, finding.row) == (Verdict.NIL, "A-02", None)
    assert [one.subject.value for one in section.oddities] == ["NEANT"]


def test_a_nil_return_of_the_past_counts_as_zeros(desk: Any, files: Any) -> None:
    nil = frozenset({Period(2004, 4), Period(2004, 3), Period(2004, 2), Period(2004, 1)})
    section = only(desk("N1A_2005T1.csv", table(files), ledger=Remembering(nil=nil)))
    assert {one.code for one in of(section, "A-")} == {"A-03"}


def test_the_network_is_asked_about_a_member_without_a_past(desk: Any, files: Any) -> None:
    ledger = usual(network=PeerLevel(count=200, level=80))
    ledger.quarters = {member: past for member, past in ledger.quarters.items() if member != "CIL002"}
    section = only(desk("N1A_2005T1.csv", table(files, CIL002=(310, 13, 5)), ledger=ledger))
    assert [(one.code, one.row) for one in section.findings] == [("G-18", None), ("A-05", 3)]


@pytest.mark.parametrize(("at", "asked"), [("2005-04-30T23:59", 0), ("2005-05-01T00:00", 1)])
def test_a_correction_counts_once_tables_are_due(desk: Any, files: Any, at: str, asked: int) -> None:
    ledger = usual(former={member: (line[0] - 12, line[1], line[2]) for member, line in USUAL.items()})
    received = datetime.fromisoformat(at).replace(tzinfo=PARIS)
    section = only(desk("N1A_2005T1.csv", table(files), ledger=ledger, at=received))
    assert [one.code for one in section.findings] == ["A-06"] * asked


def test_cases_are_never_compared_nor_handed_on(desk: Any, files: Any) -> None:
    catalogue = load_catalogue()
    collection = replace(next(one for one in catalogue.collections if one.code == "N1A"), cases=True)
    others = tuple(one for one in catalogue.collections if one.code != "N1A")
    desk.judge.catalogue = replace(catalogue, collections=(collection, *others))
    ledger = usual()
    section = only(desk("N1A_2005T1.csv", table(files, CIL001=(9, 5, 12), CIL002=(310, 13, 5)), ledger=ledger))
    assert (ledger.asked, section.oddities, of(section, "A-")) == ([], (), [])
