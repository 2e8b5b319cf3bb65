"""The last pass over a workbook that openpyxl saved: results of formulas put back, our dates, the same bytes always.

What it rewrites is what that library has just written, so its form is known.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape

_FORMULA_CELL: Final = re.compile(
    rb'<c r="([A-Z]{1,3}[0-9]{1,7})"([^<>]*)>(<f\b[^<>]*/>|<f\b[^<>]*>[^<]*</f>)(?:<v ?/>|<v></v>)</c>',
)
_TYPE: Final = re.compile(rb'\s+t="[^"]*"')
_MODIFIED: Final = re.compile(rb"(<dcterms:modified[^<>]*>)[^<]*(<)")
_FIRST_DAY: Final = (1980, 1, 1, 0, 0, 0)
CACHED_TYPES: Final = frozenset({"n", "str", "b", "e"})


@dataclass(frozen=True, kw_only=True, slots=True)
class CachedValue:
    """The last result of a formula as the file had it: `kind` is the cell's `t`, `text` its `v`."""

    kind: str
    text: str


def finish(
    draft: Path,
    target: Path,
    made_at: str,
    names: Sequence[str],
    cached: Mapping[str, Mapping[str, CachedValue]],
) -> None:
    """Rewrite `draft` as `target`; `names`: the titles of its worksheets, in order.

    Raises:
        expat.ExpatError: the library wrote a sheet that no program could open.
    """
    stamp = datetime.fromisoformat(made_at).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode("ascii")
    parts = {f"xl/worksheets/sheet{number}.xml": name for number, name in enumerate(names, start=1)}
    with zipfile.ZipFile(draft) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for info in source.infolist():
            data = source.read(info)
            if info.filename in parts:
                data = _with_results(data, cached.get(parts[info.filename], {}))
                expat.ParserCreate().Parse(data, True)  # noqa: FBT003 - the library's own call
            elif info.filename == "docProps/core.xml":
                data = _MODIFIED.sub(rb"\g<1>" + stamp + rb"\g<2>", data)
            entry = zipfile.ZipInfo(info.filename, _FIRST_DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            made.writestr(entry, data)


def _with_results(data: bytes, cached: Mapping[str, CachedValue]) -> bytes:
    if not cached:
        return data

    def put_back(match: re.Match[bytes]) -> bytes:
        known = cached.get(match[1].decode("ascii"))
        if known is None:
            return match[0]
        kind = b"" if known.kind == "n" else f' t="{known.kind}"'.encode("ascii")
        attributes = _TYPE.sub(b"", match[2]) + kind
        value = escape(known.text).encode("utf-8")
        return b'<c r="' + match[1] + b'"' + attributes + b">" + match[3] + b"<v>" + value + b"</v></c>"

    return _FORMULA_CELL.sub(put_back, data)
