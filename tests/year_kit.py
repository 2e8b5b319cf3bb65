"""Two invented years of a few CIL/CCI as facts, counted here and not by the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from domain.organisations import Directory, OrganisationType, Service
from domain.periods import Period
from ingest.demo import lists
from ingest.demo.cases import Volume, cases_of
from publication.tables.cil_pass.dimensions import ACTIVITY, AGREEMENTS, CASES, INCIDENTS, SATISFACTION
from publication.year import Level, Record, Tally, Year, YearFacts
from tests.publication_kit import QUARTERS, all_deposits, facts
from tests.year_oracle import NATURES, middle, number, profile

VOLUMES = {Service.ASA: 900, Service.MOB: 500}
SERVICES = {"dossiers_assistance": "ASA", "dossiers_mobilite": "MOB"}


def two_years(directory: Directory) -> YearFacts:
    """2005, and 2004 in the form of 2003; PF05 sends no case of assistance in 2005, PF04 no survey."""
    quarters = facts(directory, all_deposits(directory, QUARTERS), QUARTERS[-1])
    year = _year(directory, Period(2005), {"dossiers_assistance": "PF05", SATISFACTION: "PF04"})
    return YearFacts(
        period=Period(2005),
        directory=directory,
        year=Year(**{**_fields(year), "quarters": quarters, "punctuality": {"PF01": (6, 6), "PF02": (4, 6)}}),
        before=_year(directory, Period(2004), {}),
    )


def _fields(year: Year) -> dict[str, Any]:
    return {name: getattr(year, name) for name in Year.__dataclass_fields__}


def _year(directory: Directory, period: Period, missing: Mapping[str, str]) -> Year:
    platforms = {one.code for one in directory.organisations if one.type is OrganisationType.PF}
    tallies: dict[str, tuple[Tally, ...]] = {}
    levels: list[Level] = []
    for collection in CASES:
        service = SERVICES[collection.slug]
        volume = Volume(service=collection.service, cases=VOLUMES[collection.service])
        counts: Counter[tuple[str, ...]] = Counter()
        amounts = []
        for platform, cases in cases_of(directory, period, volume):
            for case in cases if missing.get(collection.slug) != platform else ():
                traits = profile(service, case)
                amounts.append(number(case["ressources_nettes_mensuelles"]))
                keys = [(name, code, "") for name, codes in traits.items() for code in codes if name != "region"]
                keys += [
                    (cross.name, one, other)
                    for cross in collection.counted_crosses
                    for one in traits[cross.first]
                    for other in traits[cross.second]
                ]
                counts.update((platform, case["code_cil"], *key) for key in keys)
        tallies[collection.slug] = tuple(_tally(collection.slug, key, count) for key, count in sorted(counts.items()))
        levels.append(
            Level(
                collection=collection.slug,
                group="",
                column=collection.amount,
                count=len(amounts),
                median=int(middle(amounts)),
            )
        )
    slugs = (*tallies, SATISFACTION, AGREEMENTS)
    return Year(
        period=period,
        tallies=tallies,
        levels=tuple(levels),
        records=_records(directory, platforms, period, missing),
        expected=dict.fromkeys(slugs, frozenset(platforms)),
        present={slug: frozenset(platforms - {missing.get(slug, "")}) for slug in (*slugs, ACTIVITY)},
    )


def _tally(slug: str, key: tuple[str, ...], count: int) -> Tally:
    platform, member, dimension, modality, other = key
    return Tally(
        collection=slug,
        platform=platform,
        member=member,
        dimension=dimension,
        modality=modality,
        other=other,
        count=count,
    )


def _records(
    directory: Directory, platforms: set[str], period: Period, missing: Mapping[str, str]
) -> dict[str, tuple[Record, ...]]:
    made: dict[str, list[Record]] = {SATISFACTION: [], ACTIVITY: [], AGREEMENTS: [], INCIDENTS: []}
    for one in sorted(platforms):
        told = {
            SATISFACTION: lists.satisfaction(directory, one, period),
            ACTIVITY: lists.report(directory, one, period),
            AGREEMENTS: lists.partnerships(one, period),
            INCIDENTS: lists.incidents(one, period),
        }
        for slug, rows in told.items():
            if missing.get(slug) != one:
                made[slug] += [Record(platform=one, values=_read(row)) for row in rows]
    return {slug: tuple(found) for slug, found in made.items()}


def _read(line: Mapping[str, str]) -> dict[str, Any]:
    """As the database gives them back."""
    found: dict[str, Any] = {name: cell or None for name, cell in line.items()}
    for name, cell in line.items():
        if cell and (name.startswith("nb_") or name in {"duree_validite_mois", "volume_previsionnel"}):
            found[name] = int(cell)
        elif cell and name == "chiffre_affaires_ht":
            found[name] = round(float(cell.replace(",", ".")))
        elif cell and name == "date_signature":
            found[name] = date.fromisoformat(cell)
        elif name == "formalise":
            found[name] = cell == "O"
        elif name == "nature":
            found[name] = NATURES[cell]
    return found
