"""Effects are carried out one by one and written down together; what fails holds nothing up."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from domain.clock import FixedClock
from domain.organisations import Directory
from ingest import effects as module
from ingest.effects import Effects
from ingest.ledger import Effect, EffectKind
from ingest.sharing import Alone

NOW = datetime(2005, 4, 18, 8, tzinfo=UTC)


class FakeLedger:
    def __init__(self, *due: Effect) -> None:
        self.due = list(due)
        self.written: list[list[int]] = []
        self.failed: list[int] = []
        self.where: dict[str, str | None] = {}

    def due_effects(self, now: datetime, limit: int) -> tuple[Effect, ...]:
        del now
        return tuple(self.due[:limit])

    def deposits(self, numbers: set[str]) -> dict[str, Any]:
        return {
            number: SimpleNamespace(
                dropped=SimpleNamespace(account="pf01", submission_id=number, name="n1a.csv"),
                answer={"submission": number},
            )
            for number in numbers
            if number != "unknown"
        }

    def effects_done(self, done: list[Effect], now: datetime, *, archived: dict[str, str | None] | None) -> None:
        del now
        self.written.append([one.id for one in done])
        self.where |= archived or {}
        self.due = [one for one in self.due if one not in done]

    def effect_failed(self, number: int, error: str, retry_at: datetime) -> None:
        del error
        assert retry_at > NOW
        self.failed.append(number)
        self.due = [one for one in self.due if one.id != number]


class FakeRetours:
    def __init__(self) -> None:
        self.answers: list[tuple[str, list[str]]] = []
        self.broken: set[str] = set()

    def write_answer(self, account: str, number: str, files: dict[str, Any]) -> None:
        del account
        if number in self.broken:
            raise OSError("disk full")
        self.answers.append((number, sorted(files)))


@pytest.fixture(autouse=True)
def plain_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("receipt_document", "report_html", "in_order"):
        monkeypatch.setattr(module, name, lambda *_, **_named: {})


def effect(number: int, kind: EffectKind, submission_id: str = "a") -> Effect:
    return Effect(id=number, kind=kind, submission_id=submission_id, account="pf01", payload={}, attempts=0)


def desk(ledger: FakeLedger, retours: FakeRetours) -> Effects:
    archive = SimpleNamespace(store=lambda number, *_: f"archive/{number}")
    register = SimpleNamespace(current=lambda: Directory(version=1))
    wiring: Any = SimpleNamespace(
        ledger=ledger,
        retours=retours,
        archive=archive,
        answers=SimpleNamespace(files=lambda number: {"annote.xlsx": Path("a")} if number == "annotated" else {}),
        register=register,
        clock=FixedClock(NOW),
        settings=SimpleNamespace(zone=UTC),
        sharing=Alone(),
    )
    return Effects(wiring)


def test_the_receipt_and_the_answer_of_a_deposit_are_written_together() -> None:
    ledger, retours = FakeLedger(effect(1, EffectKind.RECU), effect(2, EffectKind.ANSWER)), FakeRetours()
    assert desk(ledger, retours).carry_out() == 2
    assert retours.answers == [("a", ["rapport.html", "recu.json", "verdict.json"])]


def test_what_was_made_for_the_answer_goes_with_it() -> None:
    ledger, retours = FakeLedger(effect(1, EffectKind.ANSWER, "annotated")), FakeRetours()
    desk(ledger, retours).carry_out()
    assert retours.answers == [("annotated", ["annote.xlsx", "rapport.html", "verdict.json"])]


def test_a_receipt_does_not_wait_for_the_verdict() -> None:
    ledger, retours = FakeLedger(effect(1, EffectKind.RECU)), FakeRetours()
    desk(ledger, retours).carry_out()
    assert retours.answers == [("a", ["recu.json"])]


def test_what_fails_is_put_off_and_the_others_are_written_down_at_once() -> None:
    ledger = FakeLedger(
        effect(1, EffectKind.ANSWER, "a"),
        effect(2, EffectKind.ANSWER, "b"),
        effect(3, EffectKind.ANSWER, "unknown"),
        effect(4, EffectKind.ARCHIVE, "b"),
    )
    retours = FakeRetours()
    retours.broken.add("a")
    assert desk(ledger, retours).carry_out() == 2
    assert ledger.failed == [1, 3]
    assert ledger.written == [[2, 4]]
    assert ledger.where == {"b": "archive/b"}


def test_the_page_of_an_account_is_not_rewritten_for_each_answer_but_never_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pages: list[str] = []
    ledger, retours = FakeLedger(effect(1, EffectKind.ANSWER), effect(2, EffectKind.SITUATION)), FakeRetours()
    under_test = desk(ledger, retours)
    monkeypatch.setattr(module, "situation_of", lambda _wiring, account: pages.append(account))
    monkeypatch.setattr(module, "situation_html", lambda *_: "")
    monkeypatch.setattr(FakeRetours, "write_situation", lambda *_: None, raising=False)
    under_test.carry_out()
    ledger.due = [effect(3, EffectKind.ANSWER), effect(4, EffectKind.SITUATION)]
    under_test.carry_out()
    assert [one.id for one in ledger.due] == [4]
    under_test.carry_out()
    assert ledger.due == []
    assert pages == ["pf01", "pf01"]


def test_more_pages_than_a_batch_holds_do_not_hold_up_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    pages: list[int] = []
    ledger = FakeLedger(*(effect(number, EffectKind.SITUATION) for number in range(module.BATCH + 1)))
    monkeypatch.setattr(module, "situation_of", lambda *_: pages.append(1))
    monkeypatch.setattr(module, "situation_html", lambda *_: "")
    monkeypatch.setattr(FakeRetours, "write_situation", lambda *_: None, raising=False)
    under_test = desk(ledger, FakeRetours())
    assert under_test.carry_out() == module.BATCH
    assert under_test.carry_out() == 1


def test_answers_that_come_while_templates_are_placed_do_not_wait_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = FakeLedger(*(effect(number, EffectKind.MODELES) for number in range(3)), effect(3, EffectKind.ANSWER, "a"))
    retours = FakeRetours()
    order: list[str] = []

    def place(_self: Effects, _account: str) -> None:
        order.append("templates")
        if order.count("templates") == 1:
            ledger.due.append(effect(4, EffectKind.ANSWER, "b"))

    monkeypatch.setattr(Effects, "_write_models", place)
    monkeypatch.setattr(retours, "write_answer", lambda _account, number, _files: order.append(number))
    assert desk(ledger, retours).carry_out() == 5
    assert order == ["a", "templates", "b", "templates", "templates"]
