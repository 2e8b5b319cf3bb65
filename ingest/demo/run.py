"""`guichet demo`: the main job on a terminal: the real service, a real SFTP connection, checks that can fail."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.demo.client import SftpClient
from ingest.demo.later import two_weeks_later
from ingest.demo.mending import mended_kit
from ingest.demo.network_files import write_network
from ingest.demo.stage import Stage
from ingest.demo.story import NOW, PERIOD, Scene, scenes

ANSWER_SECONDS = 30
LEFT = 32


@dataclass
class Demo:
    """Plays the story and keeps the list of what did not happen as it should."""

    folder: Path
    say: Callable[[str], None]
    failures: list[str] = field(default_factory=list)

    def play(self, *, keep: bool) -> int:
        """Play everything; 0 when all went as it should, 1 otherwise."""
        stage = Stage.set_up(self.folder, NOW)
        self.say("Guichet – the desk of a fictional national network, on 18 April 2005 at 10:00")
        self._line("stage", str(stage.folder))
        from ingest.register.reading import directory_of_folder  # noqa: PLC0415 - pandera is slow to load: greet first

        story = scenes(directory_of_folder(write_network(stage.folder / "annuaire")))
        key = stage.enrol(sorted({scene.file.account for scene in story} | {"uesl"}))
        with stage.service() as process:
            ready = stage.wait_ready(process)
            client = stage.client(ready, key)
            self._line("service", f"process {ready['pid']}, SFTP on {ready['sftp']['host']}:{ready['sftp']['port']}")
            self._line("client", client.name)
            for number, scene in enumerate(story, start=1):
                self._scene(stage, client, number, len(story), scene)
            self._books(stage)
            if keep:
                self._keep(client, story)
                process.wait()
        self._expect(process.returncode == 0, f"the service ended with {process.returncode}, not 0")
        if not keep:
            two_weeks_later(stage, self._heading, self._line, self._expect)
        return self._end(stage)

    # -- one drop --------------------------------------------------------------------------------------------------

    def _scene(self, stage: Stage, client: SftpClient, number: int, total: int, scene: Scene) -> None:
        self.say("")
        self.say(f"[{number}/{total}] {scene.file.account} drops {scene.title}: {scene.folder}/{scene.file.name}")
        local = stage.folder / "drops" / f"{number}-{scene.file.account}" / scene.file.name
        local.parent.mkdir(parents=True, exist_ok=True)
        retours = stage.inbox / scene.file.account / "retours"
        content = scene.file.content if scene.mends is None else self._mended(retours, scene.mends)
        if content is None:
            return
        local.write_bytes(content)
        before = {path.name for path in retours.iterdir()} if retours.exists() else set()
        client.put(scene.file.account, local, scene.folder, scene.file.name)
        uploaded = time.monotonic()
        answer = self._await_answer(retours, before)
        if answer is None:
            self.failures.append(f"{scene.file.name}: no verdict within {ANSWER_SECONDS} s")
            return
        seconds = time.monotonic() - uploaded
        self._verdict(scene, json.loads((answer / "verdict.json").read_text()), seconds)
        self._line("report", str((answer / "rapport.html").relative_to(stage.folder)))
        for name in ("recu.json", "rapport.html"):
            self._expect((answer / name).exists(), f"{answer.name}: {name} is missing")

    def _mended(self, retours: Path, name: str) -> bytes | None:
        """The correction kit of the last deposit of that name, mended; None when there is none."""
        verdicts = sorted(retours.glob("*/verdict.json"), key=lambda path: path.parent.name)
        answered = [path.parent for path in verdicts if json.loads(path.read_text())["file"]["name"] == name]
        kits = sorted(answered[-1].glob("a_corriger_*.csv")) if answered else []
        if not kits:
            self.failures.append(f"{name}: no correction kit in its answer")
            return None
        self._line("kit", str(kits[0].relative_to(retours.parent)))
        return mended_kit(kits[0].read_bytes())

    def _await_answer(self, retours: Path, before: set[str]) -> Path | None:
        ends = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < ends:
            for path in retours.glob("*/verdict.json"):
                if path.parent.name not in before:
                    return path.parent
            time.sleep(0.02)
        return None

    def _verdict(self, scene: Scene, verdict: dict[str, Any], seconds: float) -> None:
        self._line("received at", f"{verdict['received_at']}  (answered {seconds:.1f} s after the upload)")
        self._line("verdict", verdict["verdict"])
        for section in verdict["sections"]:
            records, deadline = section["records"], section["deadline"]
            where = f"{section['collection'] or '?'} {section['period'] or ''}".strip()
            words = f"{section['verdict']}: {records['accepted']} of {records['read']} records"
            if deadline and deadline["status"]:
                words += f", due {deadline['due_at'][:10]}: {deadline['status']}"
            self._line(f"  {where}", words)
            for finding in section["findings"][:3]:
                self._line(f"    {finding['code']}", f"{finding['cell'] or ''} {finding['message']}".strip())
            if len(section["findings"]) > 3:  # noqa: PLR2004 - three examples
                self._line("", f"… {sum(section['finding_counts'].values())} findings in all")
        self._expect(
            verdict["verdict"] == scene.verdict, f"{scene.title}: {verdict['verdict']}, expected {scene.verdict}"
        )
        got = {section["collection"] or "": section["verdict"] for section in verdict["sections"]}
        self._expect(got == dict(scene.sections), f"{scene.title}: sections {got}, expected {dict(scene.sections)}")
        self._expect(verdict["test"] == (scene.folder == "essai"), f"{scene.title}: test is {verdict['test']}")

    # -- what it left ----------------------------------------------------------------------------------------------

    def _books(self, stage: Stage) -> None:
        from sqlalchemy import text  # noqa: PLC0415

        from ingest.database.engine import Database  # noqa: PLC0415

        self.say("")
        self.say("What it left")
        database = Database(f"sqlite:///{stage.home / 'guichet.sqlite3'}")
        with database.read() as connection:
            for view in ("assistance_trimestrielle_en_vigueur", "mobilite_trimestrielle_en_vigueur"):
                rows = connection.execute(text(f"SELECT count(*) FROM {view}")).scalar_one()  # noqa: S608 - our own view
                self._line("database", f"{rows} rows in {view}")
                self._expect(rows > 0, f"{view} is empty")
        database.dispose()
        self._mails(stage)
        self._owed(stage)
        again = stage.guichet("submissions", "--format", "json")
        self._expect(all(row["state"] == "judged" for row in json.loads(again)), "a deposit was not judged")

    def _mails(self, stage: Stage) -> None:
        ends = time.monotonic() + ANSWER_SECONDS
        while True:
            messages = json.loads(stage.guichet("mail", "list", "--format", "json"))
            waiting = [one for one in messages if one["state"] != "sent"]
            if not waiting or time.monotonic() > ends:
                break
            time.sleep(0.2)
        for event in ("receipt", "verdict"):
            self._line("mail", f"{sum(one['event'] == event for one in messages)} × {event}")
            self._expect(any(one["event"] == event for one in messages), f"no mail of kind {event}")
        self._expect(not waiting, f"{len(waiting)} message(s) not sent")
        files = [
            path for path in (stage.home / "mail").rglob("*") if path.is_file() and path.parent.name in {"new", "cur"}
        ]
        self._expect(len(files) == len(messages), f"{len(messages)} messages, {len(files)} files in the Maildir")

    def _owed(self, stage: Stage) -> None:
        for account in ("pf01", "pf02", "pf03", "pf04", "pf05"):
            verdicts = sorted((stage.inbox / account / "retours").glob("*/verdict.json"))
            if verdicts:
                owed = json.loads(verdicts[-1].read_text())["still_owed"]
                words = ", ".join(f"{one['collection']} {one['period']} by {one['due_at'][:10]}" for one in owed)
                self._line(f"{account} still owes", words or "nothing")

    def _heading(self, title: str) -> None:
        self.say("")
        self.say(title)

    def _keep(self, client: SftpClient, story: tuple[Scene, ...]) -> None:
        self.say("")
        self.say("The service goes on. Connect from another terminal, drop files in depot/, read retours/:")
        for account in sorted({scene.file.account for scene in story}):
            self.say(f"  {client.command(account)}")
        self.say("Stop it with Ctrl-C.")

    def _end(self, stage: Stage) -> int:
        self.say("")
        self.say("To open")
        for title, path in (
            ("situation", stage.inbox / "pf03" / "retours" / "situation.html"),
            ("answers", stage.inbox / "pf03" / "retours"),
            ("templates", stage.inbox / "pf03" / "diffusion" / "modeles"),
            ("tables", stage.home / "releases" / PERIOD.code),
            ("follow-up", stage.inbox / "uesl" / "diffusion" / "suivi" / "suivi.html"),
            ("guide", stage.inbox / "pf03" / "diffusion" / "guide" / "index.html"),
            ("mails", stage.home / "mail" / "new"),
            ("database", stage.home / "guichet.sqlite3"),
            ("settings", stage.folder / "guichet.toml"),
            ("log", stage.folder / "service.log"),
        ):
            self._line(title, str(path))
            self._expect(path.exists(), f"{path} is missing")
        self.say("")
        for failure in self.failures:
            self.say(f"NOT AS IT SHOULD: {failure}")
        self.say(
            "All as it should."
            if not self.failures
            else f"{len(self.failures)} thing(s) did not happen as they should."
        )
        return 1 if self.failures else 0

    def _expect(self, holds: bool, failure: str) -> None:  # noqa: FBT001 - the condition itself
        if not holds:
            self.failures.append(failure)

    def _line(self, title: str, words: str) -> None:
        self.say(f"  {title:<{LEFT - 3}} {words}")
