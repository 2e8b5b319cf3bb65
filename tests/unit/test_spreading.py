"""The suite is spread as it should be: who shares a world stays together."""

from __future__ import annotations

import os

import pytest

from tests import spreading


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="tests go one after the other here")
def test_the_group_of_a_test_reaches_those_who_spread_them(request: pytest.FixtureRequest) -> None:
    """Pytest 9.2 hid it from xdist 3.8: each worker made each world, and two changed the users of one machine."""
    if request.config.getvalue("loadgroup"):
        assert request.node.nodeid.endswith("@tests/unit/test_spreading.py")


@pytest.mark.parametrize(
    ("module", "place"),
    [("tests/year/test_year.py", 0), ("tests/e2e/deploy/test_probes.py", 4), ("tests/unit/domain/test_text.py", None)],
)
def test_what_takes_long_begins(module: str, place: int | None) -> None:
    found = next((at for at, long in enumerate(spreading.LONG_FIRST) if module.startswith(long)), None)
    assert found == place
