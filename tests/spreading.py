"""How the suite is spread over workers: what takes long begins, and what shares a world stays together.

A worker asks for the next module when it has two tests left. The tests of a module that share no world of their module,
and start processes, go one by one. For `pytest -n auto --dist loadgroup --no-loadscope-reorder`.
"""

from __future__ import annotations

from typing import Any, Final

import pytest

LONG_FIRST: Final = (
    "tests/year/",
    "tests/integration/publishing/test_oracle.py",
    "tests/e2e/desk/test_backup.py",
    "tests/e2e/desk/test_injection.py",
    "tests/e2e/deploy/",
    "tests/e2e/desk/",
    "tests/faults/",
    "tests/integration/publishing/",
    "tests/integration/boundaries/",
    "tests/integration/retention/",
    "tests/unit/publication/",
    "tests/e2e/",
    "tests/golden/",
    "tests/integration/",
    "tests/contracts/",
)
"""The longest first, so that no worker is left alone with it at the end; the order is for speed alone."""
_TOGETHER: Final = ("tests/e2e/deploy/",)
_ONE_BY_ONE: Final = ("tests/e2e/desk/", "tests/faults/", "tests/integration/boundaries/")


def spread(items: list[pytest.Item]) -> None:
    """Put the items in order, and name the group of each that must stay with others."""
    items.sort(key=_place)
    for one in items:
        if not one.nodeid.startswith(_ONE_BY_ONE) or _shares(one):
            one.add_marker(pytest.mark.xdist_group(_group(one)))


def _module(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _group(item: pytest.Item) -> str:
    """Its module, or the folder whose tests all change the users of one machine."""
    return next((folder for folder in _TOGETHER if item.nodeid.startswith(folder)), _module(item))


def _place(item: pytest.Item) -> tuple[int, str]:
    places = (place for place, long in enumerate(LONG_FIRST) if item.nodeid.startswith(long))
    return next(places, len(LONG_FIRST)), _module(item)


def _shares(item: pytest.Item) -> bool:
    """Whether the test uses a fixture that is made once for its module."""
    known: Any = getattr(item, "_fixtureinfo", None)
    made = [] if known is None else [one for found in known.name2fixturedefs.values() for one in found]
    return any(one.scope == "module" for one in made)
