"""A command asks the services that live whether the clock can be believed: of several machines, each of them."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ingest.lock import Seat, seated
from ingest.retention.clock import why_not


def sign(home: Path, seat: Seat, **said: bool) -> None:
    told = {"clock_in_doubt": False, "may_destroy": True, **said}
    seat.path(home, "heartbeat.json").write_text(json.dumps(told))


@pytest.mark.parametrize("doubtful", [1, 2])
def test_one_machine_whose_clock_is_in_doubt_is_enough(tmp_path: Path, doubtful: int) -> None:
    wiring: Any = SimpleNamespace(guard=object(), settings=SimpleNamespace(home=tmp_path))
    with seated(tmp_path) as first, seated(tmp_path) as second:
        for seat in (first, second):
            sign(tmp_path, seat)
        assert why_not(wiring) is None
        sign(tmp_path, (first, second)[doubtful - 1], clock_in_doubt=True)
        assert "in doubt" in (why_not(wiring) or "")
        sign(tmp_path, (first, second)[doubtful - 1], may_destroy=False)
        assert "destroys nothing for a day" in (why_not(wiring) or "")
