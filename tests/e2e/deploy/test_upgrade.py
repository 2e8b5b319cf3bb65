"""The guides, followed to the letter: what the installation left, an upgrade and its way back, keys; in French too."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from domain.periods import Period
from ingest.demo import files
from ingest.demo.network_files import write_network
from ingest.register.reading import directory_of_folder

HOW_TO = Path(__file__).resolve().parents[3] / "docs" / "how-to"
UPGRADE, ENROL = HOW_TO / "upgrade.md", HOW_TO / "enrol-a-platform.md"
TRANSLATED = "install", "upgrade", "back-up-and-restore", "enrol-a-platform"


def blocks(guide: Path, language: str = "sh") -> list[str]:
    text = guide.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def deposit(machine: Any, name: str, content: bytes, key: str = "a") -> None:
    sent = machine.private / name
    sent.write_bytes(content)
    done = machine.sftp(machine.one, key, f"put {sent} depot/{name}")
    assert done.returncode == 0, done.stderr


def test_what_the_installation_left(machine):
    subjects = [
        str(message_from_bytes(path.read_bytes(), policy=default)["Subject"]) for path in machine.outbox.iterdir()
    ]
    assert any(subject.endswith("failed: test") for subject in subjects), subjects
    assert list((machine.folder / "var/backups/guichet").glob("guichet-*"))
    assert (machine.folder / "etc/guichet/guichet.toml").stat().st_mode & 0o777 == 0o640
    assert machine.home.stat().st_mode & 0o777 == 0o700
    assert not [path for path in machine.home.rglob("*") if path.lstat().st_uid == 0]
    assert (machine.folder / "etc/systemd/journald.conf.d/guichet.conf").exists()


@pytest.mark.slow
def test_an_upgrade_and_both_ways_back_lose_no_deposit(machine, tmp_path):
    good = files.good_csv(directory_of_folder(write_network(tmp_path)), "PF03", Period(2005, 1))
    forward, back, back_by_backup = blocks(UPGRADE)
    link = machine.folder / "opt/guichet"

    stop, _, rest = forward.partition("systemctl stop guichet.service\n")
    machine.type(stop, NEW="2")
    machine.type("systemctl stop guichet.service\n")
    deposit(machine, f"meanwhile_{good.name}", good.content)  # sshd and its ear do not stop
    machine.type(rest, NEW="2")
    assert link.resolve().name == "guichet-2"
    number = machine.wait_for("the first", lambda: machine.answered(machine.one, f"meanwhile_{good.name}"))
    assert '"sftp_close"' in machine.guichet("show", number, "--format", "json")

    machine.type(back, OLD="1")
    assert link.resolve().name == "guichet-1"
    deposit(machine, f"after_{good.name}", good.content)
    later = machine.wait_for("the second", lambda: machine.answered(machine.one, f"after_{good.name}"))

    machine.type(back_by_backup, OLD="1")
    machine.wait_for("both again", lambda: {number, later} <= set(re.findall(r"\S+", machine.guichet("submissions"))))


def test_keys_are_rotated_and_the_door_is_closed_on_a_file_that_is_answered(machine, tmp_path):
    good = files.good_csv(directory_of_folder(write_network(tmp_path)), "PF03", Period(2005, 1))
    rotate, close = blocks(ENROL)
    (machine.work / "new.pub").write_text((machine.private / "b.pub").read_text())
    (machine.work / "new.pub").chmod(0o644)
    fingerprint = machine.fingerprint("a")
    machine.type(rotate, FINGERPRINT=fingerprint)
    assert machine.sftp(machine.one, "b", "ls").returncode == 0
    assert machine.sftp(machine.one, "a", "ls").returncode != 0
    machine.type("systemctl stop guichet.service")  # so that the door closes first
    deposit(machine, f"last_{good.name}", good.content, key="b")
    machine.type(close)
    assert machine.sftp(machine.one, "b", "ls").returncode != 0
    machine.type("systemctl start guichet.service")
    machine.wait_for("the answer", lambda: machine.answered(machine.one, f"last_{good.name}"))

    machine.guichet("account", "add", machine.one)  # as it was
    machine.guichet("account", "key", machine.one, "a.pub")
    machine.guichet("account", "key", machine.one, "--remove", machine.fingerprint("b"))
    machine.sync()
    assert machine.sftp(machine.one, "a", "ls").returncode == 0


@pytest.mark.parametrize("guide", TRANSLATED)
def test_the_french_guide_has_the_same_commands(guide):
    english, french = (HOW_TO / f"{guide}.md", HOW_TO / f"{guide}.fr.md")
    assert f"({french.name})" in english.read_text()
    assert f"({english.name})" in french.read_text()
    assert any(blocks(english, language) for language in ("sh", "sql", "console"))
    for language in ("sh", "sql", "console"):
        assert blocks(english, language) == blocks(french, language)
    headings = [re.findall(r"^(#+) ", one.read_text(), re.MULTILINE) for one in (english, french)]
    assert headings[0] == headings[1]


@pytest.mark.parametrize("guide", TRANSLATED)
def test_the_french_guide_is_set_as_french_is(guide):
    """No-break spaces inside « » and before the tall signs; typographic apostrophes."""
    text = re.sub(r"^```.*?^```$", "", (HOW_TO / f"{guide}.fr.md").read_text(), flags=re.MULTILINE | re.DOTALL)
    prose = re.sub(r"`[^`]*`|\]\([^)]*\)|\*In English:.*?\*|^\|[-|]+\|$", "", text, flags=re.MULTILINE)
    assert re.findall(r".{0,20}(?: [:;?!»]|« |[a-zà-ÿ][;:?!](?:\s|$)|\w'\w).{0,10}", prose) == []
