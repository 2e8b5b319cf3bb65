"""The demonstration's last act: two weeks go by, and what was due is said and published (contract §8, §10)."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from ingest.demo.stage import Stage

Say = Callable[[str, str], None]
"""Writes a label and what it shows."""
Expect = Callable[[bool, str], None]
"""Notes a failure when the condition does not hold."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """One look at the desk: when, what it should say, and in words."""

    at: str
    title: str
    events: tuple[str, ...]


MOMENTS = (
    Moment(at="2005-04-29T08:05", title="Friday 29 April, the eve of a Saturday", events=("reminder", "release")),
    Moment(at="2005-05-02T09:05", title="Monday 2 May, the first working day after", events=("weekly", "release")),
    Moment(at="2005-05-02T12:05", title="at noon", events=("overdue",)),
)
_PERIOD = "2005T1"


def two_weeks_later(stage: Stage, heading: Callable[[str], None], say: Say, expect: Expect) -> None:
    """One pass at each moment; what left, to how many, and the tables."""
    seen: set[int] = set()
    for moment in MOMENTS:
        later = replace(stage, now=moment.at)
        heading(moment.title)
        later.guichet("once")
        messages = json.loads(later.guichet("mail", "list", "--format", "json"))
        new = [one for one in messages if one["id"] not in seen]
        old = [one for one in new if one["event"] in {"receipt", "verdict"}]
        seen |= {one["id"] for one in messages}
        told = Counter(one["event"] for one in new)
        for event, number in sorted(told.items()):
            if not (old and event in {"receipt", "verdict"}):
                example = next(one for one in new if one["event"] == event)
                say(f"{number} × {event}", f"« {example['subject']} »")
        for event in moment.events:
            expect(told[event] > 0, f"{moment.at}: no mail of kind {event}")
    _tables(stage, say, expect)


def _tables(stage: Stage, say: Say, expect: Expect) -> None:
    """The edition that everybody got."""
    current = stage.home / "releases" / _PERIOD / "current"
    expect(current.is_dir(), f"{current} is missing")
    if not current.is_dir():
        return
    manifest = json.loads((current / "manifest.json").read_text())
    say("edition", f"{manifest['kind']}, {manifest['period']}: {current.resolve()}")
    with (current / "D3.csv").open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream, delimiter=";"):
            say(f"  {row['indicateur']}", f"{row['trimestre']} {row['unite']} ({row['service']})")
    for name in ("pdf", "xlsx", "html"):
        expect(any(current.glob(f"*.{name}")), f"{current}: no {name}")
