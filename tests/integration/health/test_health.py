"""The text that Prometheus reads, and a server that nothing a client does can hurt."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from domain.clock import FixedClock
from domain.errors import CannotDo
from domain.verdicts import Verdict
from ingest.database.tables import submission
from ingest.health import Gathering, Metric, Pulse, exposition, watched
from ingest.settings import Settings
from ingest.wiring import Wiring

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2005, 5, 2, 9, tzinfo=UTC)


def test_a_label_cannot_forge_a_line():
    found = exposition([Metric(name="m", help="h", samples=(({"a": 'x"} 9\nevil 1\\'}, 1.0),))])
    assert found == '# HELP m h\n# TYPE m gauge\nm{a="x\\"} 9\\nevil 1\\\\"} 1\n'


@pytest.fixture
def pulse() -> dict[str, Pulse]:
    return {"now": Pulse(pass_age_seconds=1.0, sftp_listening=True, clock_in_doubt=False, restarts=2)}


@pytest.fixture(scope="module")
def wiring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wiring]:
    folder = tmp_path_factory.mktemp("desk")
    (folder / "inbox").mkdir()
    with Wiring(Settings(home=folder / "home", inbox=folder / "inbox"), FixedClock(NOW)) as made:
        yield made


@pytest.fixture
def port(wiring: Wiring, pulse: dict[str, Pulse]) -> Iterator[int]:
    later = NOW + timedelta(hours=1)
    with watched(0, Gathering(wiring.database, wiring.settings, lambda: later, lambda: pulse["now"])) as found:
        assert found is not None
        yield found


def ask(port: int, path: str, method: str = "GET") -> tuple[int, str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read().decode()
    finally:
        connection.close()


def test_all_is_well(port):
    status, kind, body = ask(port, "/healthz")
    assert (status, kind) == (200, "application/json; charset=utf-8")
    assert json.loads(body) == {"status": "ok", "faults": {}}


def test_every_line_is_one_that_prometheus_reads(port):
    status, kind, body = ask(port, "/metrics")
    assert status == 200
    assert kind.startswith("text/plain; version=0.0.4")
    values = {}
    typed = set()
    for line in body.splitlines():
        if line.startswith("# TYPE "):
            name = line.split()[2]
            assert name not in typed, "one entry a name"
            typed.add(name)
        elif not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            values[name] = float(value)
            assert name.partition("{")[0] in typed
    assert values['guichet_deposits{state="parked"}'] == 0
    assert values['guichet_messages{state="queued"}'] == 0
    assert values["guichet_child_restarts_total"] == 2
    assert values["guichet_up"] == 1
    assert values['guichet_disk_free_bytes{folder="home"}'] > 1e6
    assert values["guichet_mail_on_hold"] == 0


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"sftp_listening": False}, "sftp"),
        ({"clock_in_doubt": True}, "clock"),
        ({"pass_age_seconds": 1000.0}, "pass"),
    ],
)
def test_what_is_wrong_is_named_with_status_503(port, pulse, values, name):
    told = {"pass_age_seconds": 1.0, "sftp_listening": True, "clock_in_doubt": False, "restarts": 0}
    pulse["now"] = Pulse(**{**told, **values})
    status, _, body = ask(port, "/healthz")
    assert status == 503
    assert list(json.loads(body)["faults"]) == [name]


def test_a_database_that_is_away_is_a_fault_and_not_an_accident(tmp_path):
    (tmp_path / "inbox").mkdir()
    settings = Settings(home=tmp_path / "home", inbox=tmp_path / "inbox")
    with Wiring(settings, FixedClock(NOW)) as wiring:
        broken = wiring.database
        path = broken.path
        assert path is not None
        broken.dispose()
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        path.write_bytes(b"no database" * 1000)
        pulse = Pulse(pass_age_seconds=None, sftp_listening=None, clock_in_doubt=False, restarts=0)
        with watched(0, Gathering(broken, settings, lambda: NOW, lambda: pulse)) as port:
            assert port is not None
            assert ask(port, "/healthz")[0] == 503
            assert "guichet_up 0" in ask(port, "/metrics")[2]


def test_other_paths_and_a_head_are_answered(port):
    assert ask(port, "/../../etc/passwd")[0] == 404
    assert ask(port, "/metrics", "HEAD")[::2] == (200, "")
    assert ask(port, "/metrics", "POST")[0] == 501


def test_a_client_that_says_nothing_does_not_stop_the_next(port):
    with socket.create_connection(("127.0.0.1", port)):
        assert ask(port, "/healthz")[0] == 200


def test_noise_and_vanishing_clients_are_survived(port):
    for noise in (b"\x00\xff" * 5000, b"GET " + b"/" * 70_000 + b" HTTP/1.1\r\n\r\n", b"GET /metrics HTTP/1.1\r\n"):
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(noise)
    assert ask(port, "/healthz")[0] == 200


def test_a_port_that_is_taken_is_told(port, wiring, pulse):
    gathering = Gathering(wiring.database, wiring.settings, lambda: NOW, lambda: pulse["now"])
    with pytest.raises(CannotDo, match="metrics_port"), watched(port, gathering):
        pass


ON_POSTGRESQL = {"guichet_processes", "guichet_led", "guichet_process_silent_seconds"}
"""Looked at in tests/contracts/test_sharing.py."""


class Exposition:
    """A strict reader of the text format 0.0.4, written from its description and from none of our code."""

    NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
    LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\"|\\n)*"'
    SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (-?(?:\d+(?:\.\d+)?(?:e[+-]\d+)?)|NaN|[+-]Inf)")

    def __init__(self, text: str) -> None:
        assert text.endswith("\n")
        assert "\r" not in text
        self.kinds: dict[str, str] = {}
        self.samples: dict[tuple[str, str], float] = {}
        self.labels: dict[str, set[str]] = {}
        helped, current = set[str](), ""
        for line in text[:-1].split("\n"):
            if found := re.fullmatch(rf"# HELP ({self.NAME}) (\S.*)", line):
                current = found[1]
                assert current not in helped, "one HELP a name, its lines together"
                helped.add(current)
            elif found := re.fullmatch(rf"# TYPE ({self.NAME}) (counter|gauge)", line):
                assert found[1] == current, "TYPE follows HELP, before any sample"
                assert current not in self.kinds
                self.kinds[current] = found[2]
            else:
                sample = self.SAMPLE.fullmatch(line)
                assert sample is not None, line
                assert sample[1] == current, "the lines of one name stand together"
                assert current in self.kinds
                key = (current, sample[2] or "")
                assert key not in self.samples, "no sample twice"
                self.samples[key] = float(sample[3])
                for label, value in re.findall(r'([a-z_]+)="((?:[^"\\]|\\.)*)"', sample[2] or ""):
                    self.labels.setdefault(label, set()).add(value)


def test_a_strict_parser_reads_it_and_names_have_their_units(port):
    found = Exposition(ask(port, "/metrics")[2])
    assert len(found.kinds) >= 14
    for name, kind in found.kinds.items():
        assert re.fullmatch(r"guichet_[a-z]+(_[a-z]+)*", name)
        assert (kind == "counter") is name.endswith("_total"), name
        assert ("age" in name.split("_")) is name.endswith("_age_seconds"), name
        assert ("disk" in name) is name.endswith("_bytes"), name
    assert found.samples["guichet_disk_free_bytes", 'folder="home"'] % 1 == 0
    entries = (ROOT / "docs" / "runbook.md").read_text()
    watched_for = set(re.findall(r"guichet_[a-z_]+", entries))
    assert watched_for <= {*found.kinds, "guichet_backup_age_seconds", *ON_POSTGRESQL}, (
        "the runbook speaks of figures that are there"
    )


def test_no_label_grows_with_what_arrives_and_nothing_secret_is_told(tmp_path, sqlite_template, pulse):
    (tmp_path / "inbox").mkdir()
    (tmp_path / "home").mkdir()
    shutil.copyfile(sqlite_template, tmp_path / "home" / "guichet.sqlite3")
    url = SecretStr("smtp://user:hidden-word@relay.example")
    settings = Settings(home=tmp_path / "home", inbox=tmp_path / "inbox", mail_url=url, mail_admin="admin@uesl.example")
    with Wiring(settings, FixedClock(NOW)) as wiring:
        gathering = Gathering(wiring.database, settings, lambda: NOW, lambda: pulse["now"])
        before = Exposition(exposition(gathering.gathered()[0]))
        with wiring.database.write() as connection:
            for number, verdict in enumerate([*Verdict, None] * 5):
                connection.execute(submission.insert().values(**deposit(number, verdict and verdict.value)))
        after = Gathering(wiring.database, settings, lambda: NOW, lambda: pulse["now"]).gathered()[0]
        text = exposition(after)
    found = Exposition(text)
    assert set(found.labels) == {"state", "verdict", "folder"}
    assert found.labels["verdict"] == {one.value for one in Verdict}
    assert found.labels["state"] == before.labels["state"]
    assert not re.search(r"hidden-word|relay|account-|file-|@|/", text.replace("/healthz", ""))


def deposit(number: int, verdict: str | None) -> dict[str, object]:
    return {
        "id": f"20050418-101502-{number:06x}",
        "account": f"account-{number}",
        "box": "depot",
        "file_name": f"file-{number}.csv",
        "size": 1,
        "sha256": "9f" * 32,
        "received_at": NOW,
        "proof": "clock",
        "claimed_at": NOW,
        "state": "judged" if verdict else "claimed",
        "verdict": verdict,
        "test": False,
    }


def test_nobody_but_this_machine_reaches_it(port):
    """There is no setting for another address; what listens there is bound to the loopback alone."""
    listening = [
        line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if line.split()[3] == "0A"
    ]
    ours = [address for address in listening if address.endswith(f":{port:04X}")]
    assert ours == [f"0100007F:{port:04X}"]
    assert [name for name in Settings.model_fields if name.startswith(("metrics", "health"))] == ["metrics_port"]
