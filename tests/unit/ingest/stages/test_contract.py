"""The published model has the last word, also on values that it is not shown twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandera.pandas as pa
import pyarrow as arrow  # noqa: ICN001 - `pa` is pandera here
import pytest

from domain.organisations import OrganisationType
from domain.periods import Periodicity
from ingest.stages.contract import Contract
from schemas.collection import Collection
from schemas.columns import Compte, Texte, compte, texte


class Plain(pa.DataFrameModel):
    """Nothing but what the kinds of column declare."""

    name: Texte = texte("Nom", pattern="[A-Z]+", key=True)
    number: Compte = compte("Nombre")


class Unique(pa.DataFrameModel):
    """A value is judged with its neighbours."""

    number: Compte = pa.Field(unique=True, metadata=Plain.to_schema().columns["number"].metadata)


class Disguised(pa.DataFrameModel):
    """The author's own check, of the column as a whole, under the name of one of pandera's."""

    number: Compte = compte("Nombre")

    @pa.check("number", name="isin")
    def few(cls, numbers: Any) -> Any:  # noqa: N805 - pandera's way
        return numbers < len(numbers)


def collection(model: type[pa.DataFrameModel], *, cases: bool = False) -> Collection:
    return Collection(
        code="X1",
        slug="essai",
        label="Essai",
        model=model,
        periodicity=Periodicity.QUARTER,
        due_days=None,
        senders=frozenset({OrganisationType.PF}),
        cases=cases,
    )


def refused(contract: Contract, **columns: list[Any]) -> list[tuple[int, str | None]]:
    types = {"name": arrow.string(), "number": arrow.int64()}
    batch = arrow.record_batch({name: arrow.array(values, types[name]) for name, values in columns.items()})
    found = contract.refusals(batch, np.zeros(batch.num_rows, dtype=np.bool_))
    return sorted((one.index, one.column) for one in found)


@pytest.mark.parametrize("cases", [False, True])
def test_a_value_is_refused_as_often_as_it_comes(cases: bool) -> None:
    contract = Contract(collection(Plain, cases=cases))
    assert refused(contract, name=["A", "B"], number=[1, 2]) == []
    for _ in range(2):
        assert refused(contract, name=["A", "B"], number=[1, -2]) == [(1, "number")]
        assert refused(contract, name=["A", "b"], number=[1, 2]) == [(1, "name")]
        assert refused(contract, name=["A", "b"], number=[-1, 2]) == [(0, "number"), (1, "name")]
        assert refused(contract, name=["A", None], number=[1, 1]) == [(1, "name")]


def test_what_was_refused_beside_good_values_does_not_make_them_known() -> None:
    contract = Contract(collection(Plain))
    assert refused(contract, name=["A", "B"], number=[1, -2]) == [(1, "number")]
    assert refused(contract, name=["A", "B"], number=[-2, 1]) == [(0, "number")]


def test_bad_records_are_not_shown_to_the_model_nor_remembered() -> None:
    contract = Contract(collection(Plain))
    batch = arrow.record_batch({"name": ["A", "b"], "number": arrow.array([1, -2], arrow.int64())})
    assert contract.refusals(batch, np.array([False, True])) == []
    assert refused(contract, name=["A", "b"], number=[1, -2]) == [(1, "name"), (1, "number")]


def test_a_column_judged_as_a_whole_is_always_judged() -> None:
    unique, disguised = Contract(collection(Unique)), Contract(collection(Disguised))
    assert refused(unique, number=[1, 2]) == []
    assert refused(unique, number=[1, 1]) != []
    assert refused(disguised, number=[0, 1, 2]) == []
    assert refused(disguised, number=[0, 2]) == [(1, "number")]


def test_a_pattern_that_the_model_could_not_check_is_refused_to_its_author() -> None:
    with pytest.raises(arrow.ArrowInvalid):
        texte("Nom", pattern="(?!X)[A-Z]+")
