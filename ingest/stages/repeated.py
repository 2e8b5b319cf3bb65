"""Repeated keys (G-09): every record of a repeated key is bad, since nothing says which one is right.

Hashes find the candidates in 8 bytes a record; the keys themselves decide.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from domain.findings import Severity
from ingest.stages.checked import CheckedSection
from ingest.stages.layout import Layout
from rules.messages import both, say

_CAUSE = "G-09:twice"
_SHOWN_ROWS = 6


def refuse_repeated_keys(checked: CheckedSection, layout: Layout) -> None:
    """Mark the records whose key comes more than once, and tell each of them."""
    hashes = np.asarray(checked.spool.key_hashes)
    ordered = np.sort(hashes)
    repeated = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    repeated = repeated[repeated != 0]
    if not len(repeated):
        return
    candidates = np.isin(hashes, repeated)
    groups: dict[tuple[Any, ...], list[tuple[int, int]]] = {}
    for first, batch in checked.spool.batches():
        keys = [batch.column(name) for name in layout.collection.key]
        for index in np.flatnonzero(candidates[first : first + len(batch)]).tolist():
            key = tuple(column[index] for column in keys)
            groups.setdefault(key, []).append((first + index, batch.rows[index]))
    for key, places in groups.items():
        if len(places) > 1:
            _tell(checked, layout, key, places)


def _tell(checked: CheckedSection, layout: Layout, key: tuple[Any, ...], places: list[tuple[int, int]]) -> None:
    rows = [row for _position, row in places]
    many = len(rows) > _SHOWN_ROWS
    told = both([*(str(row) for row in rows[:_SHOWN_ROWS]), *(["d’autres"] if many else [])])
    value = " / ".join(str(part) for part in key if part is not None)
    for position, row in places:
        checked.spool.bad[position] = True
        if not checked.collector.wants(Severity.ERROR, _CAUSE):
            checked.collector.skip("G-09", _CAUSE, Severity.ERROR, row)
            continue
        checked.collector.add(
            layout.finding(
                "G-09",
                Severity.ERROR,
                say("La même clé est sur les lignes {rows}.", rows=told)
                if layout.collection.cases
                else say("{key} figure plusieurs fois : lignes {rows}.", key=value, rows=told),
                row=row,
                column=layout.collection.key[0],
                value=value,
                expected=say("une seule ligne"),
                hint=say("Gardez une seule ligne : aucune n'est chargée, car rien ne dit laquelle est la bonne."),
                cause=_CAUSE,
            )
        )
