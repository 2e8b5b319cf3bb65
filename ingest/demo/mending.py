"""What the depositor of the demonstration does with a correction kit: what its messages say, and nothing else."""

from __future__ import annotations

import csv
import io

CODE, DEPARTMENT = "code_cil", "departement"
NOBODY = "CIL999"
FIGURES = ("diagnostics_prealables", "engagements_reciproques", "diagnostics_complementaires")


def mended_kit(kit: bytes) -> bytes:
    """The kit of `full_of_mistakes`, mended and saved as Excel would: whole figures, each CIL/CCI once, no stranger.

    The department is left empty: the register knows it.
    """
    lines = list(csv.reader(io.StringIO(kit.decode("utf-8-sig")), delimiter=";"))
    stream = io.StringIO()
    csv.writer(stream, delimiter=";", lineterminator="\r\n").writerows(mended_lines(lines))
    return stream.getvalue().encode("cp1252", "replace")


def mended_lines(lines: list[list[str]]) -> list[list[str]]:
    """The same on rows of text, titles first."""
    titles, *body = lines
    code, department = titles.index(CODE), titles.index(DEPARTMENT)
    kept = {line[code]: list(line) for line in reversed(body) if line[code] != NOBODY}
    for line in kept.values():
        line[department] = ""
        for rank, name in enumerate(FIGURES):
            line[titles.index(name)] = str(9 - rank)
    return [titles, *kept.values()]
