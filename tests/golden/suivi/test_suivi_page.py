"""`suivi.html` and `suivi.csv` as UESL opens them; `make golden` rewrites them: look at the page, also printed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rendering.suivi.page import suivi_html
from rendering.suivi.sheet import suivi_csv
from tests.suivi_kit import suivi

HERE = Path(__file__).parent
MADE = {"suivi.html": lambda: suivi_html(suivi()).encode(), "suivi.csv": lambda: suivi_csv(suivi())}


@pytest.mark.parametrize("name", MADE)
def test_the_page_is_the_one_that_was_looked_at(name):
    made = MADE[name]()
    if os.environ.get("GUICHET_GOLDEN") == "rewrite":
        (HERE / name).write_bytes(made)
    assert made == (HERE / name).read_bytes(), "look at the difference; make golden rewrites it"
