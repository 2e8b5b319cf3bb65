"""What is said of a CIL/CCI's code that is not written as the register has it."""

from __future__ import annotations

import pytest

from domain.organisations import Directory
from ingest.stages.members import MemberFinder
from tests.stages_kit import cil


@pytest.mark.parametrize(
    ("registered", "written", "short"),
    [
        ("CIL001", "CIL1", True),
        ("CIL001", "cil 01", True),
        ("CIL001", "CIL001", False),
        ("CIL001", "cil-001", False),
        ("CIL001", "CIL de l’Ain (CIL001)", False),
        ("CIL01", "CIL01", False),
        ("CIL01", " cil01 ", False),
        ("CIL1", "CIL1", False),
        ("CIL099", "CIL 6", False),
    ],
)
def test_zeros_are_said_to_be_restored_only_where_some_were_added(registered: str, written: str, short: bool) -> None:
    name = "CIL 6" if registered == "CIL099" else "CIL de l’Ain"
    directory = Directory(version=1, organisations=(cil(registered, name),), adhesions=())
    found = MemberFinder(directory, frozenset(), quotes=True)(written, "")
    assert (found.code, found.problem, found.short) == (registered, None, short)


def test_where_both_spellings_are_registered_each_is_itself() -> None:
    members = (cil("CIL01", "CIL du Lot"), cil("CIL001", "CIL de l’Ain"))
    finder = MemberFinder(Directory(version=1, organisations=members, adhesions=()), frozenset(), quotes=True)
    found = [finder(one, "") for one in ("CIL01", "CIL001", "CIL1")]
    assert [(one.code, one.short) for one in found] == [("CIL01", False), ("CIL001", False), ("CIL001", True)]
