"""The small parts: what arrived without a hole, who guesses too often, where paths lead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sftp import texts
from ingest.sftp.config import SftpConfig, SftpLimits, SftpReady
from ingest.sftp.jail import place_of
from ingest.sftp.throttle import FAILURES_PER_PEER, FAILURES_PER_PEER_AND_ACCOUNT, WINDOW_SECONDS, Throttle
from ingest.sftp.upload import Prefix


@given(st.permutations(range(12)), st.integers(min_value=1, max_value=12))
def test_the_prefix_is_what_a_byte_map_says(order: list[int], count: int) -> None:
    prefix, arrived = Prefix(), set()
    for block in order[:count]:
        prefix.add(block * 10, block * 10 + 10)
        arrived.add(block)
        expected = next(index for index in range(13) if index not in arrived)
        assert prefix.length == expected * 10


def test_a_cut_file_has_a_cut_prefix() -> None:
    prefix = Prefix(100)
    prefix.add(150, 200)
    prefix.cut(50)
    prefix.add(50, 160)
    assert prefix.length == 160


@given(st.binary(max_size=60).filter(lambda path: b"\0" not in path))
def test_no_path_climbs_above_the_account(path: bytes) -> None:
    try:
        place = place_of(path)
    except OSError:
        return
    assert b".." not in place.parts
    assert b"" not in place.parts
    assert place.shown.startswith(b"/")


def test_a_guesser_is_refused_and_forgotten_after_the_window() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    delays = [throttle.failed("10.0.0.1", "pf03") for _ in range(FAILURES_PER_PEER_AND_ACCOUNT)]
    assert delays == sorted(delays)
    assert throttle.refuses("10.0.0.1", "pf03")
    assert not throttle.refuses("10.0.0.2", "pf03"), "a stranger cannot lock a depositor out"
    assert not throttle.refuses("10.0.0.1", "pf04")
    now[0] += WINDOW_SECONDS + 1
    assert not throttle.refuses("10.0.0.1", "pf03")


def test_a_peer_that_tries_many_accounts_is_refused_everywhere() -> None:
    throttle = Throttle(lambda: 0.0)
    for index in range(FAILURES_PER_PEER):
        throttle.failed("10.0.0.1", f"pf{index}")
    assert throttle.refuses("10.0.0.1", "autre")


def test_a_success_forgets_the_failures_of_that_account() -> None:
    throttle = Throttle(lambda: 0.0)
    for _ in range(FAILURES_PER_PEER_AND_ACCOUNT):
        throttle.failed("10.0.0.1", "pf03")
    throttle.succeeded("10.0.0.1", "pf03")
    assert not throttle.refuses("10.0.0.1", "pf03")


def test_the_configuration_and_the_answer_survive_their_files() -> None:
    config = SftpConfig.from_json(
        '{"host": "::1", "port": 0, "host_key": "k", "accounts": "a", "inbox": "i", "ready_path": "r",'
        ' "limits": {"max_files": 3}}'
    )
    assert config.limits == SftpLimits(max_files=3)
    assert SftpConfig.from_json(config.to_json()) == config
    ready = SftpReady(host="::1", port=22, fingerprint="SHA256:x", pid=1)
    assert SftpReady.from_json(ready.to_json()) == ready
    with pytest.raises(TypeError):
        SftpConfig.from_json(config.to_json().replace('"host"', '"hote"'))


def test_sizes_are_written_the_french_way() -> None:
    assert "300\N{NO-BREAK SPACE}Mo" in texts.file_too_big(300_000_000)
    assert "2\N{NARROW NO-BREAK SPACE}000\N{NO-BREAK SPACE}Mo" in texts.quota_full(2_000_000_000)
