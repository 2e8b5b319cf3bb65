"""Recognises the root causes behind many symptoms, so that the answer says them once (contract §6, Answering).

Pure: findings and tallies in, `Root`s out. The findings keep their places and their messages; they share a cause. A
diagnosis that is not sure says nothing: the symptoms are then told column by column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ingest.stages.diagnosing.columns import COLUMNS
from ingest.stages.diagnosing.members import MEMBERS
from ingest.stages.diagnosing.rows import ROWS
from ingest.stages.diagnosing.symptoms import Diagnosis, Symptoms
from ingest.stages.tallies import Root

ALL: tuple[Diagnosis, ...] = (*ROWS, *COLUMNS, *MEMBERS)


def diagnose(symptoms: Symptoms, doctors: Sequence[Diagnosis] = ALL) -> list[Root]:
    """The root causes, each cause being put under one at most: the first that explains it."""
    found: list[Root] = []
    explained: set[str] = set()
    for doctor in doctors:
        for root in doctor(symptoms):
            left = root.causes - explained
            if left:
                found.append(replace(root, causes=left))
                explained |= left
    return found
