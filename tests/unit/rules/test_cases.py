"""What the two collections of cases check: each rule with a record that keeps it and one that breaks it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.findings import Severity
from domain.periods import Period
from rules.cil_pass import n2a, n2m
from rules.cil_pass.cases import few_twins, ranks_not_local_numbers, rarely
from rules.rule import RuleContext, RuleSet
from schemas.cil_pass.n2a import COLLECTION as N2A
from schemas.cil_pass.n2m import COLLECTION as N2M

CONTEXT = RuleContext(collection=N2A, period=Period(2005))


@dataclass
class Rows:
    """A batch whose hashes are those of the values given."""

    rows: list[int]
    values: dict[str, list[Any]] = field(default_factory=dict)
    same: list[int] = field(default_factory=list)

    def column(self, name: str) -> list[Any]:
        return self.values[name]

    def hashes(self, _names: Any) -> Any:
        return np.asarray(self.same, np.uint64)


def folded(rule: Any, *batches: Rows) -> list[Any]:
    state = rule.start(CONTEXT)
    found = [remark for batch in batches for remark in rule.step(state, batch, CONTEXT)]
    return [*found, *rule.finish(state, CONTEXT)]


def holds(rules: RuleSet, code: str, **values: Any) -> bool:
    """Whether a rule holds of one record: columns not given are a plain « non », or what hurts no rule."""
    rule = next(one for one in rules.record_rules if one.code == code)
    record = [values.get(name, 2005 if name == "exercice" else False) for name in rule.columns]
    arrays = [np.array([one], dtype=np.int64 if type(one) is int else object) for one in record]
    return bool(rule.holds(*arrays)[0])


KEPT_AND_BROKEN = [
    (n2a, "N2A.R03", {"ressources_nettes_mensuelles": 1}, {"ressources_nettes_mensuelles": 0}),
    (n2a, "N2A.R04", {"ressources_nettes_mensuelles": 15_000}, {"ressources_nettes_mensuelles": 15_001}),
    (n2a, "N2A.R05", {"nb_personnes_foyer": 12}, {"nb_personnes_foyer": 13}),
    (
        n2a,
        "N2A.R06",
        {"nb_revenus_foyer": 2, "nb_personnes_foyer": 2},
        {"nb_revenus_foyer": 3, "nb_personnes_foyer": 2},
    ),
    (n2a, "N2A.R10", {"age_demandeur": 70}, {"age_demandeur": 71}),
    (n2a, "N2A.R11", {"csp_demandeur": "8"}, {"csp_demandeur": "2"}),
    (
        n2a,
        "N2A.R12",
        {"csp_demandeur": "7", "type_contrat_travail": "9"},
        {"csp_demandeur": "7", "type_contrat_travail": "1"},
    ),
    (n2a, "N2A.R13", {"code_postal_demandeur": "20690"}, {"code_postal_demandeur": "97500"}),
    (n2a, "N2A.R15", {"diagnostic_prealable": True}, {}),
    (n2a, "N2A.R16", {"svc_autre": True}, {}),
    (n2a, "N2A.R17", {"prod_rachat_logement": True}, {"prod_securi_pass": True}),
    (
        n2a,
        "N2A.R18",
        {"svc_diagnostic_complementaire": True, "part_autres": True},
        {"svc_diagnostic_complementaire": True},
    ),
    (n2a, "N2A.R19", {"type_situation": "5", "part_banque_de_france": True}, {"type_situation": "5"}),
    (
        n2a,
        "N2A.R20",
        {"type_contrat_travail": "9", "csp_demandeur": "8", "nb_revenus_foyer": 0},
        {"type_contrat_travail": "9", "csp_demandeur": "3", "nb_revenus_foyer": 0},
    ),
    (n2a, "N2A.R21", {"prod_loca_pass": True, "svc_autre": True}, {"prod_loca_pass": True}),
    (
        n2a,
        "N2A.R33",
        {"produits_1pct": "AUCUN", "partenaires": "BF"},
        {"produits_1pct": "AUCUN", "partenaires": "AUCUN"},
    ),
    (
        n2a,
        "N2A.R35",
        {"type_situation": "5", "partenaires": "BS BF"},
        {"type_situation": "5", "partenaires": "BS"},
    ),
    (
        n2a,
        "N2A.R36",
        {"produits_1pct": "LP", "partenaires": "AUCUN"},
        {"produits_1pct": "AUCUN LP", "partenaires": "BS"},
    ),
    (n2m, "N2M.R10", {"age_salarie": 67}, {"age_salarie": 68}),
    (n2m, "N2M.R11", {"csp_salarie": "3"}, {"csp_salarie": "8"}),
    (n2m, "N2M.R12", {"code_postal_depart": "2B"}, {"code_postal_depart": "98800"}),
    (n2m, "N2M.R13", {"code_postal_arrivee": "974"}, {"code_postal_arrivee": "97600"}),
    (
        n2m,
        "N2M.R14",
        {"code_postal_depart": "2A", "code_postal_arrivee": "20200"},
        {"code_postal_depart": "2B", "code_postal_arrivee": "20200"},
    ),
    (n2m, "N2M.R15", {"mise_en_service": True}, {}),
    (
        n2m,
        "N2M.R16",
        {"entretien_individuel": True, "recherche_accession": True},
        {"recherche_accession": True},
    ),
    (
        n2m,
        "N2M.R17",
        {"mise_en_service": True, "recherche_accession": True, "recherche_locatif": True},
        {"mise_en_service": True, "recherche_accession": True},
    ),
    (n2m, "N2M.R30", {"recherche_logement": True}, {}),
    (n2m, "N2M.R31", {}, {"recherche_logement": True}),
]


@pytest.mark.parametrize(("module", "code", "kept", "broken"), KEPT_AND_BROKEN, ids=[one[1] for one in KEPT_AND_BROKEN])
def test_a_rule_holds_of_what_keeps_it_and_not_of_what_breaks_it(module, code, kept, broken) -> None:
    assert holds(module.RULES, code, **kept)
    assert not holds(module.RULES, code, **broken)


def test_mayotte_is_a_departement_from_2011() -> None:
    assert not holds(n2m.RULES, "N2M.R13", exercice=2010, code_postal_arrivee="97600")
    assert holds(n2m.RULES, "N2M.R13", exercice=2011, code_postal_arrivee="97600")


@pytest.mark.parametrize("collection", [N2A, N2M], ids=["N2A", "N2M"])
def test_each_rule_belongs_to_a_format_and_every_format_has_the_shared_ones(collection) -> None:
    rules = (n2a if collection is N2A else n2m).RULES
    per_format = [{rule.code for rule in rules.at(form).rules} for form in collection.formats]
    assert set.union(*per_format) == {rule.code for rule in rules.rules}
    shared = {f"{collection.code}.R0{number}" for number in range(1, 9)}
    assert all(shared <= codes for codes in per_format)
    now, before = per_format
    assert before - now == {code for code in before if code[4:].startswith("R3")}
    assert not [code for code in now if code[4:].startswith("R3")]


def test_no_message_of_a_rule_about_cases_has_room_for_a_value() -> None:
    for rule in (*n2a.RULES.record_rules, *n2m.RULES.record_rules):
        assert "{" not in rule.message, rule.code


def test_only_what_cannot_be_a_case_is_an_error() -> None:
    errors = {rule.code for one in (n2a, n2m) for rule in one.RULES.rules if rule.severity is Severity.ERROR}
    assert errors == {
        "N2A.R01",
        "N2A.R16",
        "N2A.R33",
        "N2A.R36",
        "N2M.R01",
        "N2M.R12",
        "N2M.R13",
        "N2M.R15",
        "N2M.R30",
    }


@given(st.lists(st.integers(0, 6), max_size=40), st.integers(1, 4))
def test_twins_are_told_once_a_group_wherever_the_batches_are_cut(same: list[int], most: int) -> None:
    rows = list(range(2, 2 + len(same)))
    cut = len(same) // 2
    whole = folded(few_twins("N2A.R07", most), Rows(rows=rows, same=same))
    parts = folded(
        few_twins("N2A.R07", most),
        Rows(rows=rows[:cut], same=same[:cut]),
        Rows(rows=rows[cut:], same=same[cut:]),
    )
    expected = sorted(rows[same.index(value)] for value in set(same) if same.count(value) > most)
    assert sorted(remark.row for remark in whole) == expected
    assert {(one.row, one.message) for one in whole} == {(one.row, one.message) for one in parts}


def test_twins_among_lines_taken_over_are_told_at_the_line_that_came() -> None:
    (remark,) = folded(few_twins("N2A.R07", 2), Rows(rows=[-3, -2, 9], same=[7, 7, 7]))
    assert remark.row == 9
    assert "3" in remark.message
    assert folded(few_twins("N2A.R07", 2), Rows(rows=[-4, -3, -2], same=[7, 7, 7])) == []


def test_a_rank_far_beyond_the_lines_looks_like_a_local_number() -> None:
    def judged(*ranks: int | None) -> list[Any]:
        return folded(
            ranks_not_local_numbers("N2A.R08"),
            Rows(rows=list(range(2, 2 + len(ranks))), values={"numero_ordre": list(ranks)}),
        )

    assert judged(1, 2, 3, None) == []
    assert judged(1001, 14_001) == []
    (remark,) = judged(1, 200_500_123, 3)
    assert remark.row == 3
    assert "200" not in remark.message


def test_a_value_that_too_many_share_is_told_of_the_whole() -> None:
    rule = rarely(
        "N2A.R14", "type_situation", lambda code: code == "9", 0.3, sentence="", message="{share} %", hint="…"
    )

    def judged(values: list[str | None]) -> list[Any]:
        return folded(rule, Rows(rows=[], values={"type_situation": values}))

    assert judged(["9"] * 3 + ["1"] * 7) == []
    (remark,) = judged(["9"] * 4 + ["1"] * 6 + [None] * 5)
    assert remark.message.startswith("40")
    assert judged(["9"]) == []
