"""What a backup may name, and what it must not."""

from __future__ import annotations

import pytest

from domain.errors import CannotDo
from ingest.backing_up.format import FORMAT, VERSION, FileLine, Manifest, TableFile, is_inside


@pytest.mark.parametrize(
    "path",
    ["archive/2005/04/20050418-101502-7f3a9c/original.csv", "accounts/accounts.json", "destructions.jsonl"],
)
def test_paths_of_a_home(path):
    assert is_inside(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "archive/../../evil",
        "archive//x",
        "../archive/x",
        "spool/x/original",
        "guichet.sqlite3",
        "archive/./x",
        "archive/\x00",
        "accounts/",
    ],
)
def test_paths_that_lead_elsewhere(path):
    assert not is_inside(path)


def test_a_file_is_read_back_as_it_was_written():
    line = FileLine(path="releases/2005T1/current", target="official-v01")
    assert FileLine.from_line(line.as_line().decode()) == line


def test_a_link_that_leads_out_of_its_folder_is_refused():
    line = FileLine(path="releases/2005T1/current", target="../../../etc")
    with pytest.raises(CannotDo, match="no file of a home"):
        FileLine.from_line(line.as_line().decode())


def manifest(**values):
    return Manifest(
        **{
            "guichet_version": "1",
            "made_at": "2005-05-02T09:00:00+00:00",
            "schema_revision": "0001",
            "dialect": "sqlite",
            "tables": {"event": TableFile(rows=2, sha256="a", columns=(("id", "integer"),))},
            "collections": {"x": (("id", "biginteger"),)},
            "files": 0,
            "files_bytes": 0,
            "files_sha256": "b",
            "waiting": ("20050418-101502-7f3a9c",),
            **values,
        }
    )


def test_a_manifest_is_read_back_as_it_was_written():
    assert Manifest.from_document(manifest().as_document()) == manifest()
    assert manifest().rows == 2


def test_what_is_not_ours_or_not_yet_is_refused():
    document = manifest().as_document()
    with pytest.raises(CannotDo, match="no backup of guichet"):
        Manifest.from_document({**document, "format": "tar"})
    with pytest.raises(CannotDo, match=f"reads format {VERSION}"):
        Manifest.from_document({**document, "version": VERSION + 1})
    with pytest.raises(CannotDo, match="names a table"):
        Manifest.from_document({**document, "tables": {"../x": document["tables"]["event"]}})
    assert document["format"] == FORMAT
