"""What an edition rests on, platform by platform: the banner of what is missing (contract §10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from domain.organisations import Service
from domain.releases import Coverage, CoverageState
from publication.facts import Facts, Quarter
from publication.year import Year, YearFacts


def coverage_of(facts: Facts) -> tuple[Coverage, ...]:
    """Every platform that owes lines for the quarter, by service then code."""
    return tuple(one for service in Service for one in _of_service(facts.quarter(service, facts.period)))


def _of_service(quarter: Quarter) -> Iterable[Coverage]:
    for platform in sorted(set(quarter.expected.values())):
        expected = [member for member, owner in quarter.expected.items() if owner == platform]
        lacking = tuple(sorted(member for member in expected if quarter.lacks(member)))
        if not lacking:
            nil = all(quarter.is_nil(member) for member in expected)
            state = CoverageState.NIL if nil else CoverageState.COMPLETE
        else:
            state = CoverageState.MISSING if len(lacking) == len(expected) else CoverageState.PARTIAL
        yield Coverage(platform=platform, service=quarter.service, state=state, lacking=lacking)


def coverage_of_year(facts: YearFacts, labels: Mapping[str, str]) -> tuple[Coverage, ...]:
    """Every platform that owes a collection of the year, by collection then code. `labels`: collection → its name."""
    year = facts.year
    return tuple(
        Coverage(
            platform=platform,
            collection=collection,
            label=labels.get(collection, collection),
            state=_state_of(year, collection, platform),
            lacking=year.partial.get(collection, {}).get(platform, ()),
        )
        for collection, owing in sorted(year.expected.items())
        for platform in sorted(owing)
    )


def _state_of(year: Year, collection: str, platform: str) -> CoverageState:
    if platform in year.partial.get(collection, {}):
        return CoverageState.PARTIAL
    if platform in year.nil.get(collection, ()):
        return CoverageState.NIL
    return CoverageState.COMPLETE if platform in year.present.get(collection, ()) else CoverageState.MISSING


def is_complete(coverage: Iterable[Coverage]) -> bool:
    """Whether nothing is missing."""
    return all(one.state in {CoverageState.COMPLETE, CoverageState.NIL} for one in coverage)
