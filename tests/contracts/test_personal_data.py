"""The data map for the data-protection officer knows every table, and every place where something is kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ingest.catalogue import load_catalogue
from ingest.database.tables import metadata
from ingest.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "explanation" / "personal-data.md").read_text()
_PLACE = re.compile(r"""(?:home|_home|settings\.home) / "([a-z_.0-9]+)\"""")


def test_every_table_is_on_the_map():
    tables = {*metadata.tables, *(one.slug for one in load_catalogue().collections)}
    assert {name for name in tables if f"`{name}`" not in PAGE} == set()


def test_every_place_of_the_home_that_the_code_names_is_on_the_map():
    found = {name for path in (ROOT / "ingest").rglob("*.py") for name in _PLACE.findall(path.read_text())}
    assert {"spool", "answers", "accounts"} <= found
    assert {name for name in found if f"home/{name}" not in PAGE} == set()


@pytest.mark.parametrize("name", ["retours_days", "retours_cases_days", "cases_months", "raw_years", "mail_years"])
def test_every_length_is_a_setting_with_the_value_that_the_page_tells(name):
    default = Settings.model_fields[name].default
    assert name in PAGE
    told = {"cases_months": "until a year after", "raw_years": "10 years", "mail_years": "3 years"}
    assert told.get(name, str(default)) in PAGE


def test_no_case_may_be_kept_for_more_than_a_year():
    with pytest.raises(ValueError, match="less than or equal to 12"):
        Settings(cases_months=13)
