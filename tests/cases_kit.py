"""Mistakes planted in invented cases: each changes one record so that one rule, and no other, has something to say."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.demo.cases import Case

YES_NO_SERVICES = ("svc_solution_logement", "svc_solution_logement_temporaire", "svc_diagnostic_complementaire")
SERVICES = (*YES_NO_SERVICES, "svc_accompagnement_social", "svc_aides_financieres", "svc_autre")
SEARCHES = ("recherche_accession", "recherche_locatif")
MOBILE = ("entretien_individuel", *SEARCHES, "accompagnement_individuel", "mise_en_service")
Change = Callable[[Case], Case]


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """`change` gives what is written instead; `fits`: cases where nothing else would be wrong then, but for `also`."""

    rule: str
    change: Change
    also: str | None = None
    fits: Callable[[Case], bool] = lambda _case: True


def _set(rule: str, fits: Callable[[Case], bool] = lambda _case: True, **cells: str) -> Mistake:
    return Mistake(rule=rule, change=lambda _case: cells, fits=fits)


def _none(case: Case, prefix: str) -> bool:
    return all(value == "N" for name, value in case.items() if name.startswith(prefix))


def _is(name: str, *values: str) -> Callable[[Case], bool]:
    return lambda case: case[name] in values


SHARED = (
    _set("G-10", ressources_nettes_mensuelles=""),
    _set("G-10", ressources_nettes_mensuelles="-1200"),
    _set("G-10", ressources_nettes_mensuelles="1200 euros environ"),
    _set("G-10", nb_personnes_foyer="0"),
    _set("G-10", nb_personnes_foyer="21"),
    _set("G-10", nb_revenus_foyer="deux"),
    _set("{}.R03", ressources_nettes_mensuelles="0"),
    _set("{}.R04", ressources_nettes_mensuelles="21500"),
    _set("{}.R05", nb_personnes_foyer="14"),
    _set("{}.R06", _is("nb_personnes_foyer", "1", "2"), nb_revenus_foyer="3"),
)

ASSISTANCE = (
    *SHARED,
    _set("G-10", age_demandeur="15"),
    _set("G-10", age_demandeur="100"),
    _set("N2A.R10", age_demandeur="74"),
    _set("G-11", type_contrat_travail="5"),
    _set("G-11", csp_demandeur="9"),
    _set("N2A.R11", csp_demandeur="2"),
    _set("N2A.R12", lambda case: case["type_contrat_travail"] != "9", csp_demandeur="7"),
    _set("G-10", code_postal_demandeur="Tours"),
    _set("N2A.R13", code_postal_demandeur="98800"),
    _set("G-11", type_situation="0"),
    _set("N2A.R15", diagnostic_prealable="N"),
    Mistake(
        rule="N2A.R16",
        change=lambda _case: {"diagnostic_prealable": "N", **dict.fromkeys(SERVICES, "N")},
        also="N2A.R15",
        fits=lambda case: _none(case, "prod_"),
    ),
    _set("N2A.R17", lambda case: case["svc_aides_financieres"] == "N", prod_pass_travaux="O"),
    Mistake(
        rule="N2A.R18",
        change=lambda case: {
            "svc_diagnostic_complementaire": "O",
            **{name: "N" for name in case if name.startswith("part_")},
        },
        fits=lambda case: case["type_situation"] != "5",
    ),
    _set("N2A.R19", _is("type_situation", "5"), part_banque_de_france="N", part_associations="O"),
    _set(
        "N2A.R20",
        lambda case: case["type_contrat_travail"] == "9" and case["csp_demandeur"] in "3456",
        nb_revenus_foyer="0",
    ),
    Mistake(
        rule="N2A.R21",
        change=lambda case: {
            **{name: "N" for name in case if name.startswith(("svc_", "prod_", "part_"))},
            "prod_loca_pass": "O",
        },
        also="N2A.R17",
        fits=lambda case: case["type_situation"] != "5",
    ),
    _set("G-10", svc_autre="peut-être"),
)

MOBILITE = (
    *SHARED,
    _set("G-10", age_salarie="76"),
    _set("N2M.R10", age_salarie="69"),
    _set("N2M.R11", csp_salarie="7"),
    _set("G-11", csp_salarie="0"),
    _set("N2M.R12", code_postal_depart="98713"),
    _set("N2M.R13", code_postal_arrivee="97500"),
    Mistake(rule="N2M.R14", change=lambda case: {"code_postal_arrivee": case["code_postal_depart"]}),
    _set("G-11", nature_mutation="3"),
    Mistake(rule="N2M.R15", change=lambda _case: dict.fromkeys(MOBILE, "N")),
    _set("N2M.R16", lambda case: "O" in {case[name] for name in SEARCHES}, entretien_individuel="N"),
    _set("N2M.R17", recherche_locatif="N", recherche_accession="O", mise_en_service="O"),
    _set("G-10", aide_mobili_pass="?"),
)


def plant(
    cases: Sequence[Case], mistakes: Sequence[Mistake], *, collection: str, each: int, seed: int
) -> tuple[list[Case], set[tuple[int, str]]]:
    """The cases with each mistake in some records, at random, and what must be found: row of the file, code."""
    dice = random.Random(seed)  # noqa: S311 - where mistakes lie
    made = [dict(case) for case in cases]
    free = list(range(len(made)))
    dice.shuffle(free)
    planted: set[tuple[int, str]] = set()
    for mistake in mistakes:
        left = each
        for place in [one for one in free if mistake.fits(made[one])][:each]:
            free.remove(place)
            made[place] |= mistake.change(made[place])
            row = place + 2  # row 1 holds the headers
            planted |= {(row, code.format(collection)) for code in (mistake.rule, mistake.also) if code}
            left -= 1
        assert left < each, f"no case fits {mistake.rule}"
    return made, planted
