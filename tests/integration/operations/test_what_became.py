"""« What became of file X? »: a day with every outcome, then the folders are gone and the ledger alone answers."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from datetime import datetime
from pathlib import Path

import pytest

from domain.errors import Retry
from domain.organisations import Directory, Service
from domain.periods import Period
from ingest.database.tables import event, left_alone, submission
from ingest.demo import files
from ingest.demo.network_files import write_network
from ingest.inbox.oddities import OddityKind
from ingest.pipeline import BACK_OFF_SECONDS
from ingest.retention.purging import Purge
from ingest.telemetry import configure, logger
from ingest.wiring import Wiring
from rendering.story import LEFT_ALONE
from tests.day_kit import QUARTER, ZONE, Day

ROOT = Path(__file__).resolve().parents[3]
PURGED_AT = datetime(2007, 1, 3, 9, tzinfo=ZONE)
BEFORE, YEAR = Period(2005, 4), Period(2005)
REPLACED = ("Aujourd’hui : accepté, remplacé pour N1A 2006T1 par", "remplacé par le dépôt")


def cases(directory: Directory, platform: str) -> bytes:
    """The golden file of cases, of this platform's members."""
    text = (ROOT / "tests" / "golden" / "N2A" / "good-csv" / "input.csv").read_text()
    head, *lines = text.splitlines()
    members = directory.expected_lines(platform, Service.ASA, YEAR)
    cells = [line.split(";") for line in lines]
    known = {code: members[place % len(members)] for place, code in enumerate(sorted({one[1] for one in cells}))}
    return "\r\n".join([head, *(";".join([one[0], known[one[1]], *one[2:]]) for one in cells)]).encode()


def live(day: Day) -> None:
    """Everything that can become of a file."""
    in_the_morning(day)
    objects(day)
    day.passes()
    at_noon(day)
    day.clock.set(PURGED_AT)
    day.do(lambda wiring: Purge(wiring).run())
    at_last(day)


def in_the_morning(day: Day) -> None:
    """What is judged at once."""
    known, n1a = day.directory, day.n1a
    good = n1a("PF01")
    day.drop("pf01", "N1A_2006T1_accepte.csv", good, "ACCEPTÉ", "Aujourd’hui : accepté, en vigueur pour N1A 2006T1.")
    lines = files.good_n1m_csv(known, "PF02", QUARTER).content.splitlines(keepends=True)
    wrong = b"".join([*lines[:-1], lines[-1].rstrip().rpartition(b";")[0] + b";beaucoup\r\n"])
    day.drop("pf02", "N1M_2006T1_partiel.csv", wrong, "ACCEPTÉ EN PARTIE")
    day.drop(
        "pf02",
        "N1A_2006T1_remplace.csv",
        n1a("PF02"),
        "Aujourd’hui : accepté, remplacé pour N1A 2006T1 par",
        "remplacé par le dépôt",
    )
    day.drop("pf03", "N1A_2006T1_refuse.csv", b"ceci n'est pas un tableau\n", "REFUSÉ")
    day.drop("pf04", "N1A_2006T1_essai.csv", n1a("PF04"), "essai qui ne compte pas", box="essai")
    day.drop("pf04", "N1M_2006T1_neant.csv", b"NEANT\r\n", "NÉANT")
    nominative = "code_cil;diagnostics_prealables;Nom;Prénom\nCIL040;3;Serinette;Jeanne\n".encode()
    day.drop(
        "pf05", "N1A_2006T1_nominatif.csv", nominative, "FICHIER DÉTRUIT", "données nominatives", "contenu non conservé"
    )
    day.drop("pf05", "N1A_2006T1_retire.csv", n1a("PF05"), "Aujourd’hui : retiré le 18/04/2006", "(versé deux fois)")
    day.drop(
        "pf03", "N1A_2006T1_conteste.csv", n1a("PF03"), "ACCEPTÉ", "1 question sans réponse", "nous en comptons douze"
    )
    day.drop("pf04", "N2A_2005_purge.csv", cases(known, "PF04"), "Détruit le 03/01/2007", "empreinte prouve")
    protected = (ROOT / "tests/corpus/05-xlsx/pass_protected.xlsx").read_bytes()
    day.drop("pf01", "N1M_2006T1_protege.xlsx", protected, "REFUSÉ", "mot de passe")
    day.drop("pf01", "N1M_2006T1_poison.xlsx", protected[:-1], "REFUSÉ")
    day.drop("pf02", "N1A_2006T1_enorme.csv", good + b";" * 250_000, "REFUSÉ", "plus que la taille admise")
    day.drop("pf05", "inconnu.csv", b"a;b\r\n1;2\r\n", "Détruit le 03/01/2007")
    day.drop("pf05", "N1M_2006T1_=1+1\n<b>\x1b[31m.csv", b"x;y\r\n1;2\r\n", "REFUSÉ")


def objects(day: Day) -> None:
    """What is no deposit."""
    depot = day.inbox / "pf01" / "depot"
    (depot / "mes fichiers").mkdir()
    (depot / "lien.csv").symlink_to("/etc/passwd")
    os.mkfifo(depot / "tube.csv")
    (depot / "double.csv").write_bytes(b"x")
    (depot / "autre_double.csv").hardlink_to(depot / "double.csv")
    (day.inbox / "inconnu").mkdir()
    (day.inbox / "egare.csv").write_bytes(b"x")


def at_noon(day: Day) -> None:
    """What rests on what was judged, and what people decide."""
    known, n1a = day.directory, day.n1a
    good = n1a("PF01")
    day.limits = {"unfinished_minutes": 0}
    (day.inbox / "pf01" / "depot" / "gros.csv.part").write_bytes(b"a;b\r\n")
    day.drop("pf01", "N1A_2006T1_doublon.csv", good, "DÉJÀ REÇU", day.number_of("N1A_2006T1_accepte.csv"))
    day.drop("pf02", "N1A_2006T1_corrige.csv", n1a("PF02") + b"\r\n", "aujourd’hui encore")
    day.drop("pf01", "N1A_2006T1_neant_attend.csv", b"NEANT\r\n", "attend un second dépôt identique")
    day.passes()
    assert day.command("withdraw", day.number_of("N1A_2006T1_retire.csv"), "--reason", "versé deux fois") == 0
    member = known.expected_lines("PF03", Service.ASA, QUARTER)[0]
    contested = ("anomaly", "raise", member, "diagnostics_prealables", "2006T1")
    assert day.command(*contested, "--reason", "nous en comptons douze", "--by", "un membre") == 0
    former = day.folder / "N1A_2005T4_historique.csv"
    former.write_bytes(n1a("PF02", BEFORE))
    day.hashes[former.name] = hashlib.sha256(former.read_bytes()).hexdigest()
    day.expected[former.name] = ("d’avant sa mise en service", "reprise du passé")
    said = ("--as", "pf02", "--received-at", "2006-02-01T10:00", "--reason", "reprise du passé")
    assert day.command("import-history", str(former), *said) == 0


def at_last(day: Day) -> None:
    """What is not for us, and what waits when the day ends."""
    known = day.directory
    day.drop("pf03", "photo.pdf", b"%PDF-1.4 rien", "refusé", "PDF")
    day.drop("pf03", "R9I_2006T1.csv", b"a;b\r\n1;2\r\n", "refusé")
    day.drop("pf05", "vide.csv", b"", "refusé", "vide")
    mobility = files.good_n1m_csv
    aside, later, waiting = (f"N1M_2006T1_{word}.csv" for word in ("de_cote", "plus_tard", "attend"))
    day.fails = {aside: RuntimeError("a fault of ours"), later: Retry("le disque est plein"), waiting: None}
    day.drop("pf03", aside, mobility(known, "PF03", QUARTER).content, "mis de côté", "difficulté : RuntimeError")
    day.drop("pf01", later, mobility(known, "PF01", QUARTER).content, "verdict à venir", "le disque est plein")
    day.drop("pf05", waiting, mobility(known, "PF05", QUARTER).content, "Aujourd’hui : pris en charge, verdict à venir")
    day.passes()


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    """The day, lived; its archive, spool, answers, outbox and whole inbox are gone."""
    assert BACK_OFF_SECONDS
    made = Day(tmp_path_factory.mktemp("day"), write_network(tmp_path_factory.mktemp("network")))
    live(made)
    for path in (made.folder / "var").iterdir():
        if path.is_dir():
            shutil.rmtree(path)
    shutil.rmtree(made.inbox)
    return made


def asked(day: Day, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    capsys.readouterr()
    status = day.command("show", *words)
    out, err = capsys.readouterr()
    assert not err or status == 2
    return status, " ".join((out + err).split())


def test_every_file_is_found_by_name_by_number_and_by_hash(day, capsys):
    rows = day.rows()
    assert len(rows) == len(day.hashes)
    with Wiring(day.settings, day.clock, rehearsal=True) as wiring:
        sought = wiring.ledger.sought
        for name, words in day.expected.items():
            row = next(one for one in rows if name.split("\n")[0] in one["file"]["name"])
            shown, number, digest = row["file"]["name"], row["submission"], row["file"]["sha256"]
            status, told = asked(day, capsys, shown)
            assert status == 0, (name, told)
            for word in (*words, number, row["account"], digest, "Aujourd’hui"):
                assert " ".join(word.split()) in told, (name, word, told)
            assert "None" not in told
            assert "\x1b" not in told
            assert sought(number).numbers == (number,)
            assert number in sought(digest).numbers
            assert number in sought(digest[:12].upper()).numbers
            assert sought(shown).numbers == (number,)


def test_a_name_may_be_written_in_other_ways(day, capsys):
    number = day.number_of("N1A_2006T1_accepte.csv")
    for way in ("n1a_2006t1_ACCEPTE.CSV", "/srv/sftp/pf01/depot/N1A_2006T1_accepte.csv", "_accepte", number[:-1]):
        status, told = asked(day, capsys, way)
        assert (status, number in told) == (0, True), way


def test_what_is_no_deposit_is_answered_too(day, capsys):
    known = {
        "mes fichiers": "sub_folder",
        "lien.csv": "link",
        "tube.csv": "special",
        "double.csv": "hard_link",
        "autre_double.csv": "hard_link",
        "inconnu": "unknown_account",
        "egare.csv": "stray",
        "gros.csv.part": "unfinished",
    }
    for name, kind in known.items():
        status, told = asked(day, capsys, name)
        assert status == 0, name
        assert " ".join(LEFT_ALONE[kind].split()) in told, (name, told)
        assert "18/04/2006" in told


def test_each_oddity_has_words():
    assert {*(one.value for one in OddityKind), "adrift"} == set(LEFT_ALONE)


def test_nothing_is_left_that_the_day_did_not_mean(day):
    """Each deposit of the ledger is one of the day's, each thing left alone too: the answer above is for all."""
    with Wiring(day.settings, day.clock, rehearsal=True) as wiring, wiring.database.read() as connection:
        assert len(connection.execute(submission.select()).all()) == len(day.expected)
        assert len(connection.execute(left_alone.select()).all()) == 8


def test_several_deposits_are_listed_with_what_became_of_each(day, capsys):
    status, told = asked(day, capsys, "N1A_2006T1")
    assert status == 0
    assert "guichet show NUMÉRO" in told
    for name in day.expected:
        if name.startswith("N1A_2006T1"):
            assert name in told
    status, told = asked(day, capsys, day.hashes["N1A_2006T1_accepte.csv"])
    assert "2 dépôts" in told
    assert "déjà reçu" in told
    assert "retiré le 18/04/2006" in asked(day, capsys, "2006T1_")[1]
    few = asked(day, capsys, "N1A_2006T1", "--account", "pf02")[1]
    assert "3 dépôts" in few
    assert "pf01" not in few


def test_the_same_for_scripts(day, capsys):
    capsys.readouterr()
    assert day.command("show", "autre_double.csv", "--format", "json") == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found == {
        "left_alone": "hard_link",
        "name": "autre_double.csv",
        "account": "pf01",
        "box": "depot",
        "seen_at": found["seen_at"],
    }
    assert day.command("show", "N1A_2006T1_remplace.csv", "--format", "json") == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["in_force"][0]["replaced_by"] == day.number_of("N1A_2006T1_corrige.csv")


@pytest.mark.parametrize(
    "way", ["rien_de_tel.csv", "f" * 64, "20060418-101502-7f3a9c", "%", "N1A%accepte", "2006T1?acc", "/"]
)
def test_what_was_never_seen_is_said_so(day, capsys, way):
    status, told = asked(day, capsys, way)
    assert status == 2
    assert "guichet submissions" in told


def test_each_line_of_the_log_parses_and_quotes_neither_a_cell_nor_an_address_nor_a_name(day):
    lines = day.log.getvalue().splitlines()
    assert len(lines) > 60
    for line in lines:
        told = json.loads(line)
        assert {"event", "level", "timestamp"} <= set(told), line
        told.pop("message_id", None)
        assert "@" not in json.dumps(told), line
    text = day.log.getvalue()
    for word in ("beaucoup", "Serinette", "Jeanne", "NEANT", "depot@", "pilotage@", "N1A_2006T1_", "photo.pdf"):
        assert word not in text, word


def test_a_server_that_quotes_an_address_does_not_bring_it_into_the_log():
    stream = io.StringIO()
    configure("json", "info", stream)
    detail = "RCPT: 550 5.1.1 <zoe.depot@pf01.example>: unknown"
    logger().warning("mail_not_sent", message_id="<x@uesl.example>", detail=detail, tried=["zoe@pf01.example"])
    try:
        int("zoe@pf01.example")
    except ValueError:
        logger().exception("pass_failed")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first["detail"] == "RCPT: 550 5.1.1 <…@pf01.example>: unknown"
    assert (first["message_id"], first["tried"]) == ("<x@uesl.example>", ["…@pf01.example"])
    assert "zoe" not in json.dumps(second)


def test_the_journal_refers_to_ids_alone(day):
    """No name of a file, no address, no value: what it says stays as long as the database."""
    with Wiring(day.settings, day.clock, rehearsal=True) as wiring, wiring.database.read() as connection:
        lines = [json.dumps(row.data, ensure_ascii=False) for row in connection.execute(event.select())]
    assert len(lines) > 100
    for word in ("@", ".csv", ".xlsx", ".pdf", "beaucoup", "Serinette", "NEANT"):
        assert not [line for line in lines if word in line], word
