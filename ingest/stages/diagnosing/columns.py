"""Diagnoses of titles and of values: what one column, or several alike, have wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from domain.findings import Finding
from ingest.stages.diagnosing.symptoms import Diagnosis, Symptoms
from ingest.stages.tallies import Root
from rules.messages import both, quoted, say


def transposed(symptoms: Symptoms) -> Iterator[Root]:
    """The titles stand one under the other in the first column."""
    missing = symptoms.starting("G-06:", ":missing")
    names = symptoms.layout.collection.header_names
    wanted = [one for one in symptoms.layout.collection.columns if not one.optional and one.context is None]
    told = {names[title] for title in symptoms.first_column if title in names}
    if not missing or len([one for one in wanted if one.name in told]) < max(2, len(wanted) - 1):
        return
    yield Root(
        cause="transposed",
        causes=frozenset([*missing, *symptoms.starting("G-07:"), *symptoms.starting("G-06:")]),
        title=say("Le tableau est tourné : ses titres sont dans une colonne au lieu d'être sur une ligne."),
        hint=say(
            "Copiez le tableau, puis collez-le ailleurs par « Collage spécial », case « Transposé » : une ligne par "
            "CIL/CCI, les titres au-dessus. Déposez de nouveau."
        ),
    )


def missing_columns(symptoms: Symptoms) -> Iterator[Root]:
    """Several columns are not there; an unknown title beside may be one of them."""
    missing = symptoms.starting("G-06:", ":missing")
    if len(missing) > 1:
        labels = both(quoted(one.label or "") for key in missing for one in symptoms.by_cause[key])
        yield Root(
            cause="missing-columns",
            causes=frozenset(missing),
            title=say("Des colonnes manquent : {labels}.", labels=labels),
        )
    if missing and (strangers := symptoms.starting("G-07:unknown")):
        yield Root(cause="strangers", causes=frozenset(strangers), consequence=True)


def same_habit(symptoms: Symptoms) -> Iterator[Root]:
    """The same fault in several columns is one habit: « n.c. » in three columns is mended in one go."""
    kinds: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for key in symptoms.by_cause:
        parts = key.split(":")
        if parts[0] == "G-10" and len(parts) == 3 and parts[1] in symptoms.layout.collection.by_name:  # noqa: PLR2004 - code, column, kind
            column = symptoms.layout.collection.by_name[parts[1]]
            kinds[(parts[0], parts[2], "figure" if column.quantity else column.kind.value)].append(key)
    for (code, kind, what), keys in kinds.items():
        messages = {_without_label(one) for key in keys for one in symptoms.by_cause[key]}
        if len(keys) < 2 or len(messages) != 1:  # noqa: PLR2004 - two columns
            continue
        names = [key.split(":")[1] for key in keys]
        yield Root(
            cause=f"{code}:{what}:{kind}",
            causes=frozenset(keys),
            title=say("Colonnes {letters} : ", letters=symptoms.letters(names)) + messages.pop(),
        )


def _without_label(finding: Finding) -> str:
    return finding.message.removeprefix(say("{label} : ", label=quoted(finding.label or "")))


def lost_zeros(symptoms: Symptoms) -> Iterator[Root]:
    """The zeros that a spreadsheet took away, restored."""
    for key in symptoms.starting("G-19:", ":leading-zeros"):
        cases = symptoms.by_cause[key][0].message.rpartition("(")[2].rstrip(").")
        yield Root(
            cause=key,
            causes=frozenset([key]),
            title=say(
                "{column} a perdu ses zéros de tête : ils ont été rétablis ({cases}).",
                column=symptoms.the_column(key.split(":")[1]),
                cases=cases,
            ),
        )


def wrong_totals(symptoms: Symptoms) -> Iterator[Root]:
    """Totals that are wrong in several columns of the same line."""
    for key in symptoms.starting(f"{symptoms.layout.collection.code}.R", ":total"):
        found = symptoms.by_cause[key]
        rows = {one.row for one in found}
        names = {one.column or "" for one in found}
        if len(names) > 1 and len(rows) == 1:
            yield Root(
                cause=key,
                causes=frozenset([key]),
                title=say(
                    "Les totaux de la ligne {row} (colonnes {letters}) ne sont pas la somme des lignes.",
                    row=str(rows.pop()),
                    letters=symptoms.letters(names),
                ),
            )


COLUMNS: tuple[Diagnosis, ...] = (transposed, missing_columns, same_habit, lost_zeros, wrong_totals)
