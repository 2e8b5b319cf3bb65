"""The door to scipy's solver (HiGHS): a cheapest whole-number solution of linear equations within bounds.

Its parts load when they are first named: what makes no annual edition does not wait for them at its start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import scipy

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Vector = np.ndarray[Any, np.dtype[np.float64]]
Whole = np.ndarray[Any, np.dtype[np.int64]]

_NEAR = 1e-6
_OPTIONS = {"presolve": True}
_SEARCH = {"presolve": True, "mip_rel_gap": 0.3, "node_limit": 20}
"""Bounds on effort are counted in steps, never in seconds: the same system gives the same answer on a slow machine."""


def matrix(rows: list[list[tuple[int, int]]], width: int) -> csr_array:
    """A sparse matrix from (column, coefficient) pairs."""
    starts = np.cumsum([0, *map(len, rows)])
    columns = np.fromiter((column for row in rows for column, _ in row), dtype=np.int64)
    factors = np.fromiter((factor for row in rows for _, factor in row), dtype=np.float64)
    return scipy.sparse.csr_array((factors, columns, starts), shape=(len(rows), width))


def side_by_side(*parts: csr_array) -> csr_array:
    """Matrices of the same height as one."""
    return scipy.sparse.csr_array(scipy.sparse.hstack(parts, format="csr"))


def stacked(*parts: csr_array) -> csr_array:
    """Matrices of the same width as one."""
    return scipy.sparse.csr_array(scipy.sparse.vstack(parts, format="csr"))


def rest(height: int, below: int) -> csr_array:
    """Columns for what the last `below` of `height` rows may leave free."""
    sparse = scipy.sparse
    return sparse.csr_array(
        sparse.vstack([sparse.csr_array((height - below, below)), sparse.eye_array(below)], format="csr")
    )


def cheapest(cost: Vector, equations: csr_array, right: Vector, upper: Vector, lower: Vector) -> Whole | None:
    """Whole numbers that satisfy the equations at a low cost; None when there are none, or none was found.

    The relaxed problem is nearly always whole by itself (these are networks); only when it is not is it searched.
    """
    if equations.shape[1] == 0:
        return np.zeros(0, dtype=np.int64) if not right.any() else None
    bounds, equal = scipy.optimize.Bounds(lower, upper), scipy.optimize.LinearConstraint(equations, right, right)
    relaxed = scipy.optimize.milp(cost, bounds=bounds, constraints=equal, options=_OPTIONS)
    if relaxed.x is None:
        return None
    whole: Whole = np.rint(relaxed.x).astype(np.int64)
    if np.abs(relaxed.x - whole).max() < _NEAR:
        return whole
    searched = scipy.optimize.milp(
        cost, bounds=bounds, constraints=equal, integrality=np.ones(len(cost)), options=_SEARCH
    )
    if searched.x is None:
        return None
    return np.asarray(np.rint(searched.x), dtype=np.int64)
