"""The pages of the guide, from the collections and their rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from domain.deadlines import due_on
from domain.periods import Period, Periodicity
from domain.workdays import WorkingDays
from rendering.environment import render
from rendering.french import file_size, long_date, period_name, say
from rendering.guide import words
from rendering.guide.examples import example_period, example_sender, example_table, example_value
from rendering.guide.facts import NEUTRAL, GuideFacts
from rendering.guide.mistakes import mistakes
from rendering.guide.scripts import scripts
from rendering.guide.typography import typeset_page
from rules.generic import GENERIC_RULES
from rules.messages import service_name
from rules.rule import Rule, RuleSet
from schemas.collection import Collection, FormerFormat
from schemas.columns import RESERVED_COLUMNS, Column

INDEX: Final = "index.html"
DEPOSITING: Final = "deposer.html"
MENDING: Final = "corriger.html"
_QUARTERS: Final = (1, 2, 3, 4)


def guide_pages(
    collections: Sequence[Collection],
    rules_of: Callable[[Collection], RuleSet],
    *,
    facts: GuideFacts = NEUTRAL,
) -> Mapping[str, str]:
    """File name → complete page that needs nothing else: `index.html`, `deposer.html`, `corriger.html`, `N1A.html`.

    `collections`: those to be described (all of the catalogue, or what an organisation sends); `rules_of`:
    `catalogue.rules_for`. The same arguments always give the same bytes. Names are flat; pages link to each other.
    """
    menu = (
        (INDEX, "Le guichet"),
        (DEPOSITING, "Déposer"),
        (MENDING, "Corriger"),
        *((page_name(one), one.code) for one in collections),
    )
    shared = {
        "menu": menu,
        "facts": facts,
        "csv_size": file_size(facts.max_csv_bytes),
        "workbook_size": file_size(facts.max_workbook_bytes),
        "example_name": _example_name(collections, facts),
        "cases": any(one.cases for one in collections),
        "reserved": RESERVED_COLUMNS,
    }
    calendars = [_calendar(one, facts) for one in collections]
    made = {
        INDEX: render("guide/index.html.j2", {**shared, "here": INDEX, "calendars": calendars}),
        DEPOSITING: render("guide/deposer.html.j2", {**shared, "here": DEPOSITING, "scripts": scripts(facts)}),
        MENDING: render("guide/corriger.html.j2", {**shared, "here": MENDING}),
    }
    for one in collections:
        values = {**shared, "here": page_name(one), **_described(one, rules_of(one), facts)}
        made[page_name(one)] = render("guide/collection.html.j2", values)
    return {name: typeset_page(html) for name, html in made.items()}


def page_name(collection: Collection) -> str:
    """`N1A.html`."""
    return f"{collection.code}.html"


def names_that_work(collection: Collection, period: Period, sender: str) -> tuple[str, ...]:
    """File names to show as examples, the shortest first."""
    return (
        f"{collection.code}_{period.code}.xlsx",
        f"{collection.slug}_{period.code}.csv",
        f"{collection.code}_{period.code}_version corrigée.ods",
        f"{collection.code}_{sender}_{period.code}_v02.xls",
    )


def _example_name(collections: Sequence[Collection], facts: GuideFacts) -> str:
    if not collections:
        return "fichier.xlsx"
    return f"{collections[0].code}_{example_period(collections[0], facts.period).code}.xlsx"


def _calendar(collection: Collection, facts: GuideFacts) -> dict[str, Any]:
    """What the front page says of a collection."""
    period = example_period(collection, facts.period)
    return {
        "page": page_name(collection),
        "code": collection.code,
        "label": collection.label,
        "senders": words.senders(collection),
        "rhythm": words.RHYTHMS[collection.periodicity],
        "rule": words.deadline_rule(collection, rolls=facts.due_days is not None),
        "dates": _due_dates(collection, period, facts.due_days),
        "year": period.year,
    }


def _due_dates(collection: Collection, period: Period, worked: WorkingDays | None) -> tuple[tuple[str, str], ...]:
    """Period in words → last day in words, for the year of `period`."""
    if collection.due_days is None or collection.periodicity is Periodicity.EVENT:
        return ()
    quarterly = collection.periodicity is Periodicity.QUARTER
    periods = [Period(period.year, quarter) for quarter in _QUARTERS] if quarterly else [Period(period.year)]
    return tuple((period_name(one), long_date(due_on(one, collection.due_days, worked))) for one in periods)


def _described(collection: Collection, rules: RuleSet, facts: GuideFacts) -> dict[str, Any]:
    """Everything that a collection's page says."""
    period = example_period(collection, facts.period)
    sender = example_sender(collection, facts.organisation)
    example = example_table(collection, period)
    return {
        "collection": collection,
        "calendar": _calendar(collection, facts),
        "service": service_name(collection.service) if collection.service else None,
        "tolerance": words.tolerance(collection),
        "period": period_name(period),
        "names": names_that_work(collection, period, sender),
        "sender": sender,
        "example": example,
        "columns": [
            {
                "column": column,
                "expected": words.expected(column),
                "duty": words.duty(column, collection),
                "sample": example_value(column, example, period, sender),
            }
            for column in sorted(collection.columns, key=_repeats)
        ],
        "former": [_former(one, collection.at(one.until)) for one in collection.former],
        "lists": [column for column in collection.columns if column.codes],
        "mistakes": mistakes(collection, period),
        "severities": _by_severity((*GENERIC_RULES, *sorted(rules.rules, key=lambda one: one.code))),
    }


def _former(one: FormerFormat, collection: Collection) -> dict[str, Any]:
    """A format that older periods have: up to when, and its columns."""
    return {
        "label": one.label or say("format antérieur"),
        "until": period_name(one.until),
        "year": one.until.year,
        "columns": [
            {"column": column, "expected": words.expected(column), "duty": words.duty(column, collection)}
            for column in sorted(collection.columns, key=_repeats)
        ],
        "lists": [column for column in collection.columns if column.codes],
    }


def _repeats(column: Column) -> bool:
    """What only repeats the file's name is shown last."""
    return column.context is not None


def _by_severity(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    return [
        {
            "severity": severity,
            "consequence": words.CONSEQUENCES[severity],
            "rules": [rule for rule in rules if rule.severity is severity],
        }
        for severity in words.ORDER
    ]
