"""Whatever a value, an exception or a library says, an event is one line and nothing in it acts (contract §12)."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Literal

import pytest
import structlog

from ingest.telemetry import configure, logger
from tests.injecting_kit import payloads

HOSTILE = [*payloads("pf01"), "\udcff\udc80", "nom\u2028coupé", 'a" event="b', "x=1 y=2"]


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What is logged; the logs of before come back."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def _fail(text: str) -> None:
    raise ValueError(text)


def _say(text: str) -> None:
    logger().info("deposit.taken", name=text)
    logging.getLogger("a.library").warning("it says %s", text)
    try:
        _fail(text)
    except ValueError:
        logger().exception("it.failed", path=text)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_value_neither_makes_a_line_nor_reaches_a_terminal(
    stream: io.StringIO, form: Literal["text", "json"], text: str
) -> None:
    configure(form, "info", stream)
    _say(text)
    lines = stream.getvalue().splitlines(keepends=True)
    assert not [one for line in lines for one in line.removesuffix("\n") if not one.isprintable()]
    assert all(line.endswith("\n") for line in lines)
    if form == "json":
        assert [json.loads(line)["event"] for line in lines if "deposit" in line or "failed" in line] == [
            "deposit.taken",
            "it.failed",
        ]
        assert json.loads(lines[0])["name"] == text.replace("tous@", "…@")  # no address stays in a log
        return
    events = [line for line in lines if not line.startswith("  ")]
    assert len(events) == 3
    assert [line.split()[2] for line in events if '"it says' not in line] == ["deposit.taken", "it.failed"]
