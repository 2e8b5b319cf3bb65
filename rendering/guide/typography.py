"""French typography of a whole page: spaces and apostrophes of its texts, never of its tags, codes and examples."""

from __future__ import annotations

import re
from typing import Final

from rendering.french import NBSP, typeset

_PARTS: Final = re.compile(r"(<[^>]*>)")
_TAG: Final = re.compile(r"<(/?)([a-z0-9]+)")
_AS_IT_IS: Final = frozenset({"style", "pre", "code"})
_UNITS: Final = re.compile(r"(?<=\d) ([%€])")


def typeset_page(html: str) -> str:
    """The page with the no-break spaces and apostrophes of French texts."""
    kept: list[str] = []
    done = []
    for part in _PARTS.split(html):
        if part.startswith("<"):
            tag = _TAG.match(part)
            if tag is not None and tag[2] in _AS_IT_IS:
                if tag[1] and kept:
                    kept.pop()
                else:
                    kept.append(tag[2])
            done.append(part)
        else:
            done.append(part if kept else _UNITS.sub(NBSP + r"\1", typeset(part.replace("&#39;", "'"))))
    return "".join(done)
