"""Diagnoses of cells that are all right but stand at the wrong place: columns, lines or names out of step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from domain.cells import column_letters
from domain.findings import Finding, Severity
from ingest.stages.diagnosing.symptoms import MOSTLY, Diagnosis, Symptoms
from ingest.stages.tallies import Root
from ingest.stages.values import parse
from rules.messages import plural, say
from schemas.columns import Column, Kind

_OVERFLOW = "G-07:overflow"
_SIDES = {1: "la droite", -1: "la gauche"}


def shifted_columns(symptoms: Symptoms) -> Iterator[Root]:
    """Lines whose cells fit the titles of the columns beside them, or that have more cells than titles."""
    for step in (1, -1):
        proofs = _proofs(symptoms, step)
        rows = {row for row, columns in proofs.items() if len(columns) > 1}
        if step == 1:
            rows |= {one.row for one in symptoms.by_cause.get(_OVERFLOW, ()) if one.row is not None}
        if not rows:
            continue
        causes, questions = _only_on(symptoms, rows)
        if not causes:
            continue
        start = min((min(columns) for row, columns in proofs.items() if row in rows and columns), default=None)
        yield Root(
            cause=f"shifted:{step}",
            causes=frozenset(causes),
            title=_title(symptoms, rows, step, start),
            hint=_hint(step) if start is not None or len(causes) > 1 else None,
        )
        if len(rows) * 2 > symptoms.n_read:  # lines without their CIL/CCI are lines missing
            questions |= set(symptoms.starting(f"{symptoms.layout.collection.code}.R", ":missing"))
        if questions:
            yield Root(cause=f"shifted:{step}:questions", causes=frozenset(questions), consequence=True)
        return


def _proofs(symptoms: Symptoms, step: int) -> dict[int, set[int]]:
    """By line, the indexes of the columns whose refused text fits the title `step` columns before."""
    at = {index: symptoms.layout.collection.by_name[name] for name, index in symptoms.layout.positions.items()}
    proofs: dict[int, set[int]] = defaultdict(set)
    fits: dict[tuple[int, str], bool] = {}
    for one in symptoms.findings:
        if one.severity is not Severity.ERROR or one.row is None or one.column is None or not one.value:
            continue
        index = symptoms.layout.positions.get(one.column)
        if index is None or not one.code.startswith("G-1"):
            continue
        key = (index, one.value)
        if key not in fits:
            fits[key] = _fits(symptoms, at.get(index - step), one)
        if fits[key]:
            proofs[one.row].add(index)
    return proofs


def _fits(symptoms: Symptoms, column: Column | None, one: Finding) -> bool:
    text = one.value or ""
    if column is None or column.kind is Kind.TEXT:
        # A name stands where a figure is wanted: only the register tells that it is one.
        return column is not None and _is_member(symptoms, text)
    if column.kind is Kind.MEMBER:
        return _is_member(symptoms, text)
    return parse(column, text).problem is None


def _is_member(symptoms: Symptoms, text: str) -> bool:
    return symptoms.directory is not None and symptoms.directory.member(text) is not None


def _only_on(symptoms: Symptoms, rows: set[int]) -> tuple[set[str], set[str]]:
    """The causes of errors, and those of questions, that are on these lines and (nearly) nowhere else."""
    causes: set[str] = set()
    questions: set[str] = set()
    for key, found in symptoms.by_cause.items():
        inside = sum(one.row in rows for one in found)
        if inside and inside >= MOSTLY * len(found):
            (questions if found[0].severity is Severity.WARNING else causes).add(key)
    return causes, questions


def _title(symptoms: Symptoms, rows: set[int], step: int, start: int | None) -> str:
    where = ""
    if start is not None:
        letter = column_letters(start)
        where = say(", à partir de la colonne {letter}", letter=letter)
    if len(rows) == 1:
        return say(
            "La ligne {row} semble décalée d'une colonne vers {side}{where}.",
            row=str(next(iter(rows))),
            side=_SIDES[step],
            where=where,
        )
    if len(rows) >= MOSTLY * symptoms.n_read:
        return say("Les colonnes semblent décalées d'une case vers {side}{where}.", side=_SIDES[step], where=where)
    return say(
        "{lines} semblent décalées d'une colonne vers {side}{where}.",
        lines=plural(len(rows), "ligne"),
        side=_SIDES[step],
        where=where,
    )


def _hint(step: int) -> str:
    if step == 1:
        return say(
            "Une case vide ou un séparateur de trop a poussé le reste de la ligne : enlevez-le, pour que chaque "
            "chiffre soit sous son titre."
        )
    return say("Il manque une case dans la ligne : ajoutez-la, pour que chaque chiffre soit sous son titre.")


def names_out_of_step(symptoms: Symptoms) -> Iterator[Root]:
    """Names that are all those of other lines: one column was moved or sorted without the other."""
    code = symptoms.layout.collection.code
    keys = symptoms.starting(f"{code}.R", ":name")
    found = sorted((one for key in keys for one in symptoms.by_cause[key]), key=lambda one: one.row or 0)
    if len(found) < 3 or sorted(one.value or "" for one in found) != sorted(one.expected or "" for one in found):  # noqa: PLR2004 - two may be swapped by mistake
        return
    member = symptoms.layout.collection.member_column
    if member is None:
        return
    codes, names = symptoms.letters([member.name]), symptoms.letters([found[0].column or ""])
    pairs = list(pairwise(found))
    down = sum(upper.value == lower.expected for upper, lower in pairs)
    up = sum(lower.value == upper.expected for upper, lower in pairs)
    if max(down, up) >= MOSTLY * len(pairs):
        title = say("Les codes (colonne {codes}) semblent décalés d'une ligne par rapport aux noms (colonne {names}).")
    else:
        title = say(
            "Les noms (colonne {names}) ne sont plus en face de leurs codes (colonne {codes}) : une colonne a sans "
            "doute été triée sans les autres."
        )
    yield Root(
        cause="names-out-of-step",
        causes=frozenset([*keys, *symptoms.starting(f"{code}.R", ":departement")]),
        title=title.format(codes=codes, names=names),
        hint=say(
            "Remettez chaque code en face de son nom et de ses chiffres, puis déposez de nouveau : c'est le code qui "
            "compte, et les chiffres seraient attribués à un autre."
        ),
    )


ROWS: tuple[Diagnosis, ...] = (shifted_columns, names_out_of_step)
