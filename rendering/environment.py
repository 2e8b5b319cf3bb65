"""The one jinja2 environment: everything is escaped, and a name that a template misspells is an error."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from rendering import french, wording
from rendering.escaping import visible


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The environment, made once; templates are files of ours, never text from elsewhere."""
    made = Environment(
        loader=PackageLoader("rendering", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(
        typeset=french.typeset,
        visible=visible,
        shown=lambda text: visible(text, None) if text is not None else "",
        number=french.number,
        period_name=french.period_name,
        short_instant=french.short_instant,
        long_instant=french.long_instant,
    )
    made.globals.update(
        count=french.count,
        agree=french.agree,
        SEVERITIES=wording.SEVERITIES,
        VERDICTS=wording.VERDICTS,
        TEST_PREFIX=wording.TEST_PREFIX,
    )
    return made


def render(template: str, values: Mapping[str, Any]) -> str:
    """The template of that name, filled in."""
    return environment().get_template(template).render(values)
