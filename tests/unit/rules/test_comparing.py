"""Rules that compare collections and years: each question, and what keeps it unasked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

import pytest

from domain.organisations import Adhesion, Delegation, Directory, Organisation, OrganisationType, Service, Span
from domain.periods import Period
from ingest.catalogue import load_catalogue
from rules.others import Compared, OthersRule
from rules.past import Past
from rules.rule import Remark

YEAR = Period(2005)
CATALOGUE = load_catalogue()
PLATFORM = Organisation(code="PF01", type=OrganisationType.PF, nom="Plate-forme")


@dataclass
class Known:
    """What is in force elsewhere: `quarters` by collection, member and year: four values of each column."""

    quarters: Mapping[tuple[str, str, int], Mapping[str, Sequence[float | None]]] = field(default_factory=dict)
    rows: Mapping[tuple[str, int, bool], Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    cases: Mapping[tuple[str, int], Mapping[str, int]] = field(default_factory=dict)
    nil: frozenset[Period] = frozenset()

    def past(self, collection: str, periods: Sequence[Period], members: AbstractSet[str]) -> Past:
        lines: dict[tuple[str, ...], dict[Period, dict[str, float]]] = {}
        for (code, member, year), columns in self.quarters.items():
            if code == collection and member in members:
                for column, values in columns.items():
                    for quarter, value in enumerate(values, start=1):
                        if value is not None and Period(year, quarter) in periods:
                            lines.setdefault((member,), {}).setdefault(Period(year, quarter), {})[column] = value
        return Past(lines=lines, nil=self.nil)

    def records(
        self, collection: str, period: Period, columns: Sequence[str], *, own: bool
    ) -> Sequence[Mapping[str, Any]]:
        del columns
        return self.rows.get((collection, period.year, own), ())

    def counts(self, collection: str, period: Period, members: AbstractSet[str]) -> Mapping[str, int]:
        return {one: n for one, n in self.cases.get((collection, period.year), {}).items() if one in members}


def asked(
    code: str,
    records: Sequence[Mapping[str, Any]] = (),
    known: Known | None = None,
    *,
    counts: Mapping[str, int] | None = None,
    directory: Directory | None = None,
) -> list[Remark]:
    """What the rule asks of these records."""
    collection = CATALOGUE.by_code(code.partition(".")[0])
    assert collection is not None
    rule = next(one for one in CATALOGUE.rules_for(collection).rules if one.code == code)
    assert isinstance(rule, OthersRule)
    return list(
        rule.judge(
            Compared(
                collection=collection,
                period=YEAR,
                records=records,
                counts=counts or {},
                others=known or Known(),
                directory=directory,
                organisation=PLATFORM,
            )
        )
    )


def item(member: str = "CIL001", item: str = "ASA1", done: int = 100, answers: Sequence[int] = (10, 8, 1, 1)) -> Any:
    """A line of N2S."""
    names = ("nb_tres_satisfait", "nb_satisfait", "nb_peu_satisfait", "nb_pas_satisfait")
    figures = dict(zip(names, answers, strict=True))
    key = {"niveau_ligne": "C", "code_cil": member, "service": item[:3], "item": item}
    return {**key, "nb_prestations": done, "nb_total": sum(answers), **figures}


DIAGNOSES = {("N1A", "CIL001", 2005): {"diagnostics_prealables": [25, 25, 25, 25]}}


@pytest.mark.parametrize(("done", "questions"), [(100, 0), (120, 0), (121, 1), (79, 1)])
def test_what_was_done_is_within_a_fifth_of_the_quarters(done: int, questions: int) -> None:
    assert len(asked("N2S.R20", [item(done=done)], Known(quarters=DIAGNOSES))) == questions


def test_one_question_for_the_four_items_of_a_member() -> None:
    lines = [item(item=f"ASA{number}", done=200 + number) for number in (1, 2, 3, 4)]
    [question] = asked("N2S.R20", lines, Known(quarters=DIAGNOSES))
    assert question.index == 3


def test_a_quarter_that_is_not_known_keeps_the_question_unasked() -> None:
    lacking = {("N1A", "CIL001", 2005): {"diagnostics_prealables": [25, None, 25, 25]}}
    assert not asked("N2S.R20", [item(done=500)], Known(quarters=lacking))
    assert asked("N2S.R20", [item(done=500)], Known(quarters=lacking, nil=frozenset({Period(2005, 2)})))


@pytest.mark.parametrize(
    ("answers", "questions"), [((10, 8, 1, 1), 0), ((6, 8, 5, 1), 1), ((1, 3, 4, 1), 0), ((8, 8, 3, 1), 0)]
)
def test_satisfaction_is_compared_with_its_own_year_before(answers: Sequence[int], questions: int) -> None:
    before = Known(rows={("N2S", 2004, False): [item(answers=(10, 8, 1, 1))]})
    assert len(asked("N2S.R21", [item(answers=answers)], before)) == questions


def test_a_new_member_is_compared_with_the_nation() -> None:
    nation = Known(rows={("N2S", 2004, False): [item(f"CIL{n:03}", answers=(10, 10, 0, 0)) for n in range(2, 9)]})
    [question] = asked("N2S.R21", [item(answers=(5, 10, 5, 0))], nation)
    assert "nationale" in question.message


def test_few_answers_and_too_many_perfect_ones_are_asked_once() -> None:
    few = [item(item=f"ASA{number}", done=300) for number in (1, 2)]
    assert [one.index for one in asked("N2S.R16", few)] == [0]
    perfect = [item(item=f"ASA{number}", answers=(21, 0, 0, 0)) for number in (1, 2)]
    assert [one.index for one in asked("N2S.R17", perfect)] == [0]
    assert not asked("N2S.R17", [item(answers=(20, 0, 0, 0))])


def test_a_mandant_that_was_active_and_has_no_line_is_named() -> None:
    always = Span()
    directory = Directory(
        version=1,
        organisations=(PLATFORM,),
        adhesions=tuple(
            Adhesion(code_cil=code, code_plateforme="PF01", service=Service.ASA, dates=always)
            for code in ("CIL001", "CIL002")
        ),
        delegations=(Delegation(code_mandant="CIL002", code_realisateur="CIL001", service=Service.ASA, dates=always),),
    )
    active = Known(quarters={("N1A", "CIL002", 2005): {"diagnostics_prealables": [0, 3, 0, 0]}})
    [question] = asked("N2S.R22", [item()], active, directory=directory)
    assert question.value == "CIL002"
    assert not asked("N2S.R22", [item(), item("CIL002")], active, directory=directory)
    assert not asked("N2S.R22", [item()], directory=directory)


def report(**figures: Any) -> Any:
    return {"code_cil": "CIL001", "service": "ASA", **figures}


@pytest.mark.parametrize(
    ("code", "service", "column", "source", "values"),
    [
        ("N2R.R20", "ASA", "nb_relations_contractualisees", ("N1A", "engagements_reciproques"), (40, 41)),
        ("N2R.R21", "MOB", "nb_missions_realisees", ("N1M", "dossiers_individuels"), (40, 39)),
        ("N2R.R22", "MOB", "chiffre_affaires_ht", ("N1M", "montant_facture_ht"), (40.4, 40.5)),
        ("N2R.R23", "ASA", "nb_contacts_total", ("N1A", "diagnostics_prealables"), (40, 39)),
        ("N2R.R24", "ASA", "nb_dossiers_sous_traitants", ("N1A", "diagnostics_complementaires"), (40, 41)),
    ],
)
def test_the_report_is_compared_with_the_quarters(
    code: str, service: str, column: str, source: tuple[str, str], values: tuple[float, float]
) -> None:
    right, wrong = values
    known = Known(quarters={(source[0], "CIL001", 2005): {source[1]: [10, 10, 10, 10]}})
    assert not asked(code, [report(**{column: right, "service": service})], known)
    assert len(asked(code, [report(**{column: wrong, "service": service})], known)) == 1
    other = "MOB" if service == "ASA" else "ASA"
    assert not asked(code, [report(**{column: wrong, "service": other})], known)
    assert not asked(code, [report(**{column: wrong, "service": service})])


def agreement(number: str, status: str, service: str = "ASA") -> Any:
    return {"code_accord": number, "statut": status, "service": service}


def test_every_agreement_that_lived_is_taken_again() -> None:
    before = [agreement("A-1", "nouveau"), agreement("A-2", "caduc"), agreement("A-3", "reconduit")]
    known = Known(rows={("N2P", 2004, True): before})
    [question] = asked("N2P.R20", [agreement("A-1", "reconduit")], known)
    assert question.value == "A-3"
    assert not asked("N2P.R20", [agreement("A-1", "caduc"), agreement("A-3", "amende")], known)
    assert not asked("N2P.R20", [agreement("A-9", "nouveau")])


def test_an_agreement_for_a_service_that_is_no_longer_declared_is_not_asked_for() -> None:
    known = Known(rows={("N2P", 2004, True): [agreement("M-1", "nouveau", "MOB"), agreement("A-1", "nouveau")]})
    [question] = asked("N2P.R20", [], known)
    assert question.value == "A-1"


def test_only_a_new_agreement_may_be_unknown() -> None:
    known = Known(rows={("N2P", 2004, True): [agreement("A-1", "nouveau")]})
    lines = [agreement("A-1", "amende"), agreement("A-2", "nouveau"), agreement("A-3", "reconduit")]
    assert [one.index for one in asked("N2P.R21", lines, known)] == [2]
    assert not asked("N2P.R21", lines)


def test_cases_for_assistance_are_compared_with_the_members_own_ratio() -> None:
    years = {("N1A", "CIL001", year): {"diagnostics_prealables": [25, 25, 25, 25]} for year in (2003, 2004, 2005)}
    usual = Known(quarters=years, cases={("N2A", 2003): {"CIL001": 50}, ("N2A", 2004): {"CIL001": 54}})
    assert not asked("N2A.R40", counts={"CIL001": 60}, known=usual)
    [question] = asked("N2A.R40", counts={"CIL001": 100}, known=usual)
    assert question.index is None
    assert question.value is None
    assert not asked("N2A.R40", counts={"CIL001": 100}, known=Known(quarters=years))


def test_cases_for_mobility_are_those_of_the_quarters() -> None:
    known = Known(quarters={("N1M", "CIL001", 2005): {"dossiers_individuels": [10, 10, 10, 10]}})
    assert not asked("N2M.R40", counts={"CIL001": 48}, known=known)
    assert len(asked("N2M.R40", counts={"CIL001": 49}, known=known)) == 1
    assert not asked("N2M.R40", counts={"CIL002": 49}, known=known)
