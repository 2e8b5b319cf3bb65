"""Decisions of the central body, taken in the transaction of their verdict, over both databases (contract §8, §9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from domain.anomalies import AnomalyState, Oddity
from domain.arrangements import Arranged
from domain.decisions import Decision, DecisionKind
from domain.errors import Retry
from domain.judgement import Judgement
from domain.justifications import Subject
from domain.notices import Event, Notice
from domain.organisations import Directory, Organisation, OrganisationType
from domain.verdicts import Verdict
from ingest.catalogue import load_catalogue
from ingest.decisions.applying import DecisionsDeposit, Telling, weigh_all
from ingest.decisions.results import Known, Refusal, Taken, Weighed
from ingest.decisions.weighing import Weighing

from .conftest import paris, two_platforms

if TYPE_CHECKING:
    from .conftest import Driver

NOW = "2005-05-10T09:00"
PARIS = ZoneInfo("Europe/Paris")
ODD = Oddity(
    subject=Subject(code="A-01", column="diagnostics_prealables", record="CIL002", value="20"),
    message="20 est très au-dessus des trimestres précédents (5, 6, 5, 4).",
    row=3,
)


def network() -> Directory:
    central = Organisation(code="UESL", type=OrganisationType.UESL, nom="UESL", compte_sftp="uesl")
    former = two_platforms()
    return replace(former, organisations=(central, *former.organisations))


@dataclass
class Central:
    """The central body at work."""

    driver: Driver
    weighing: Weighing

    def weigh(self, *decisions: Decision, now: str = NOW) -> list[Weighed]:
        found = self.driver.ledger.weigh(
            lambda deciding: weigh_all(decisions, self.weighing, deciding), author="uesl", now=paris(now)
        )
        return [one for each in found.values() for one in each]

    def deposit(self, *decisions: Decision, verdict: Verdict = Verdict.ACCEPTED, test: bool = False) -> Any:
        """The claim, then the verdict with its decisions; a second call of what it gives records it again."""
        dropped = self.driver.dropped(NOW, account="uesl")
        self.driver.claim(dropped)
        section = replace(
            self.driver.section(verdict), collection="DECISIONS", slug="decisions", period=None, rows=None
        )
        judgement = self.driver.judgement(section)
        deposit = DecisionsDeposit(
            judgement=judgement,
            decisions=decisions,
            weighing=self.weighing,
            telling=Telling(granted=told, answered=lambda _: ()),
            test=test,
        )
        return lambda: self.record(dropped, judgement, deposit)

    def record(self, dropped: Any, judgement: Judgement, deposit: DecisionsDeposit) -> Any:
        return self.driver.ledger.record_verdict(
            dropped,
            judgement,
            directory=self.weighing.directory,
            now=paris(NOW),
            compose=lambda outcome: ({"submission": outcome.dropped.submission_id}, ()),
            decide=deposit.apply,
        )


def told(granted: Sequence[Arranged]) -> list[Notice]:
    return [
        Notice(
            cause_key=f"deadline:{one.organisation}:{one.due_at}",
            event=Event.DEADLINE,
            recipient=f"depot@{one.organisation.lower()}.example",
            recipient_name="",
            subject="Délai",
            text="Délai",
            html="<p>Délai</p>",
        )
        for one in granted
    ]


@pytest.fixture
def central(driver: Driver) -> Central:
    driver.ledger.open_obligations(network(), paris("2005-04-02T09:00"))
    weighing = Weighing(directory=network(), catalogue=load_catalogue(), zone=PARIS, author="uesl")
    return Central(driver=driver, weighing=weighing)


def extend(day: str = "2005-05-20", who: str = "PF03", row: int = 2, **values: Any) -> Decision:
    about = {"collection": "N1A", "period": "2005T1", **values}
    return Decision(row=row, kind=DecisionKind.EXTEND, reason="panne", who=who, until=date.fromisoformat(day), **about)


def waive(who: str = "PF03", row: int = 3, collection: str = "N1A") -> Decision:
    return Decision(
        row=row, kind=DecisionKind.WAIVE, reason="incendie", who=who, collection=collection, period="2005T1"
    )


def codes(weighed: list[Weighed]) -> list[str]:
    return [one.code if isinstance(one, Refusal) else type(one).__name__ for one in weighed]


def test_weighing_tells_what_would_be_decided_and_changes_nothing(central: Central) -> None:
    assert codes(central.weigh(extend(), waive(collection="N1M"))) == ["Taken", "Taken"]
    assert central.driver.status(NOW)["extended_until"] is None
    assert central.driver.count("message") == 0


def test_each_decision_is_weighed_on_what_the_former_ones_changed(central: Central) -> None:
    assert codes(central.weigh(waive(row=2), extend(row=3))) == ["Taken", "DECISIONS.R05"]
    assert codes(central.weigh(extend("2005-05-20"), extend("2005-05-15", row=3))) == ["Taken", "DECISIONS.R06"]
    assert codes(central.weigh(extend("2005-05-20"), extend("2005-05-20", row=3))) == ["Taken", "Known"]
    assert codes(central.weigh(extend("2005-05-20", "ALL"), extend("2005-05-25", row=3))) == ["Taken", "Taken"]


def test_decisions_are_taken_with_the_verdict_once_and_by_the_account(central: Central) -> None:
    record = central.deposit(extend(), waive(collection="N1M"))
    record()
    line = central.driver.status(NOW)
    assert (line["extended_until"], line["status"]) == ("2005-05-20", "open")
    assert central.driver.status(NOW, "N1M")["waived_reason"] == "incendie"
    messages = central.driver.count("message")
    events = central.driver.count("event")
    record()
    assert (central.driver.count("message"), central.driver.count("event")) == (messages, events)
    assert codes(central.weigh(extend(), waive(collection="N1M"))) == ["Known", "Known"]


def test_what_two_lines_grant_to_the_same_is_told_once_as_it_ends(central: Central) -> None:
    before = central.driver.count("message")
    central.deposit(extend("2005-05-20", "ALL"), extend("2005-05-25", row=3))()
    assert central.driver.status(NOW)["extended_until"] == "2005-05-25"
    assert central.driver.count("message") - before == 3  # the claim's receipt, and one to each platform


@pytest.mark.parametrize(("verdict", "test"), [(Verdict.REJECTED, False), (Verdict.ACCEPTED, True)])
def test_a_refused_workbook_or_a_trial_decides_nothing(central: Central, verdict: Verdict, test: bool) -> None:
    central.deposit(extend(), verdict=verdict, test=test)()
    assert central.driver.status(NOW)["extended_until"] is None


def test_a_decision_that_can_no_longer_be_taken_undoes_the_whole_verdict(central: Central) -> None:
    record = central.deposit(waive(collection="N1M", row=2), extend())
    central.deposit(waive())()
    with pytest.raises(Retry):
        record()
    assert central.driver.status(NOW, "N1M")["waived_reason"] is None
    states = {row["submission"]: row["state"] for row in central.driver.ledger.submissions(account="uesl")}
    assert sorted(states.values()) == ["claimed", "judged"]


def test_a_deposit_is_withdrawn_only_while_it_counts(central: Central) -> None:
    number = central.driver.deposit("2005-04-20T10:00").dropped.submission_id
    taken_back = Decision(row=2, kind=DecisionKind.WITHDRAW, reason="erreur", submission_id=number)
    beside = replace(taken_back, who="PF03", collection="N1A", period="2005-T1")
    other = replace(taken_back, who="PF07")
    assert codes(central.weigh(beside)) == ["Taken"]
    assert codes(central.weigh(other)) == ["DECISIONS.R09"]
    assert codes(central.weigh(taken_back, replace(taken_back, row=3))) == ["Taken", "Known"]
    central.deposit(taken_back)()
    assert central.driver.in_force() == set()
    rejected = central.driver.deposit("2005-04-21T10:00", Verdict.REJECTED).dropped.submission_id
    assert codes(central.weigh(replace(taken_back, submission_id=rejected))) == ["DECISIONS.R07"]
    assert codes(central.weigh(replace(taken_back, submission_id="20050418-101502-7f3a9c"))) == ["DECISIONS.R07"]


@pytest.mark.parametrize(
    ("decision", "code"),
    [
        (extend(who="PF3"), "DECISIONS.R03"),
        (extend(who="CIL001"), "DECISIONS.R05"),
        (extend(collection="N9Z"), "DECISIONS.R04"),
        (extend(period="2005"), "DECISIONS.R04"),
        (extend(period="printemps"), "DECISIONS.R04"),
        (extend("2005-05-09"), "DECISIONS.R06"),
        (extend(period=None), "DECISIONS.R01"),
        (extend(anomaly=3), "DECISIONS.R02"),
        (Decision(row=2, kind=DecisionKind.CONFIRM, reason="vu", anomaly=12), "DECISIONS.R08"),
        (Decision(row=2, kind=DecisionKind.REJECT, reason="vu"), "DECISIONS.R01"),
    ],
)
def test_what_cannot_be_decided_has_a_code_a_cell_and_a_way_to_mend_it(
    central: Central, decision: Decision, code: str
) -> None:
    (found,) = central.weigh(decision)
    assert isinstance(found, Refusal)
    assert found.code == code
    assert found.column
    assert found.hint


def test_all_reaches_everybody_who_gains(central: Central) -> None:
    (found,) = central.weigh(extend(who="Tous"))
    assert isinstance(found, Taken)
    assert [one.organisation for one in found.granted] == ["PF03", "PF07"]
    again = central.weigh(extend(who="ALL"), extend(who="ALL", row=3))
    assert isinstance(again[1], Known)


def test_a_question_is_answered_as_by_the_verb_and_once(central: Central) -> None:
    central.driver.deposit("2005-04-20T10:00", Verdict.ACCEPTED_WITH_WARNINGS, oddities=(ODD,))
    (asked,) = central.driver.ledger.anomalies()
    reject = Decision(row=2, kind=DecisionKind.REJECT, reason="chiffre du cumul", anomaly=asked.number, who="pf03")
    confirm = replace(reject, row=3, kind=DecisionKind.CONFIRM)
    assert codes(central.weigh(reject, confirm)) == ["Taken", "Taken"]
    assert codes(central.weigh(replace(reject, who="PF07"))) == ["DECISIONS.R09"]
    central.deposit(reject)()
    (answered,) = central.driver.ledger.anomalies()
    assert (answered.state, answered.answer, answered.answered_by) == (
        AnomalyState.REJECTED,
        "chiffre du cumul",
        "uesl",
    )
    assert codes(central.weigh(reject)) == ["Known"]
    central.driver.deposit("2005-05-12T10:00")
    assert codes(central.weigh(confirm, now="2005-05-13T09:00")) == ["DECISIONS.R08"]
