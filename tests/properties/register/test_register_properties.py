"""Properties of the register: what is exported is what is imported; what is absent ends, and nothing else."""

import string
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from domain.organisations import (
    Adhesion,
    Contact,
    Delegation,
    Directory,
    ObligationRule,
    Organisation,
    OrganisationType,
    Role,
    Service,
    Span,
)
from ingest.register.checking import blocks, check_register
from ingest.register.exporting import export_directory
from ingest.register.merging import merge
from ingest.register.reading import _OwnFiles, directory_of_folder, read_register
from ingest.register.snapshot import Snapshot, canonical, same_content
from schemas.codes import DEPARTEMENTS

LETTERS = string.ascii_letters + "éèàçœÉ’'« »;,\"-()/&ß漢"
days = st.one_of(st.none(), st.dates(min_value=date(1990, 1, 1), max_value=date(2030, 12, 31)))
names = st.text(LETTERS + string.digits, min_size=1, max_size=30).map(lambda text: "N " + " ".join(text.split()))
members_codes = st.one_of(
    st.integers(1, 30).map(lambda number: f"CIL{number:03d}"),
    st.integers(1, 9).map(lambda number: f"CCI{number:03d}"),
)
platforms = st.integers(1, 6).map(lambda number: f"PF{number:02d}")
services = st.sampled_from(list(Service))


@st.composite
def spans(draw: st.DrawFn) -> Span:
    first, last = draw(days), draw(days)
    if first is not None and last is not None and last < first:
        first, last = last, first
    return Span(first=first, last=last)


@st.composite
def organisations(draw: st.DrawFn, code: str) -> Organisation:
    kind = OrganisationType(code.rstrip(string.digits))
    account = f"{code.lower()}{draw(st.sampled_from(['', '.a', '-b', '_c']))}" if draw(st.booleans()) else None
    return Organisation(
        code=code,
        type=kind,
        nom=draw(names).strip(),
        departement=draw(st.sampled_from(sorted(DEPARTEMENTS))),
        compte_sftp=account,
        actif=draw(spans()),
    )


@st.composite
def directories(draw: st.DrawFn) -> Directory:
    """Any register whose sheets can be written, true or not to the rules across sheets."""
    codes = {"UESL", *draw(st.sets(platforms, max_size=4)), *draw(st.sets(members_codes, max_size=8))}
    listed = sorted(codes)
    return canonical(
        Directory(
            version=0,
            organisations=tuple(draw(organisations(code)) for code in listed),
            adhesions=tuple(
                draw(
                    st.lists(
                        st.builds(
                            Adhesion,
                            code_cil=members_codes,
                            code_plateforme=platforms,
                            service=services,
                            dates=spans(),
                        ),
                        max_size=6,
                        unique=True,
                    )
                )
            ),
            delegations=tuple(
                draw(
                    st.lists(
                        st.builds(
                            Delegation,
                            code_mandant=members_codes,
                            code_realisateur=members_codes,
                            service=services,
                            dates=spans(),
                        ),
                        max_size=4,
                        unique=True,
                    )
                )
            ),
            contacts=tuple(
                draw(
                    st.lists(
                        st.builds(
                            Contact,
                            organisation=st.sampled_from(listed),
                            courriel=st.sampled_from(["a@x.example", "b.c+d@y.example"]),
                            nom=st.one_of(st.just(""), names.map(str.strip)),
                            role=st.sampled_from(list(Role)),
                            service=st.one_of(st.none(), services),
                        ),
                        max_size=4,
                        unique=True,
                    )
                )
            ),
            obligations=tuple(
                draw(
                    st.lists(
                        st.builds(
                            ObligationRule,
                            code=st.sampled_from(listed),
                            collection=st.sampled_from(["N1A", "N1M"]),
                            dates=spans(),
                            echeance=days,
                            dispense=st.booleans(),
                            motif=st.one_of(st.none(), names.map(str.strip)),
                        ),
                        max_size=3,
                        unique=True,
                    )
                )
            ),
        )
    )


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(directory=directories())
def test_a_folder_that_is_exported_says_the_same_when_it_is_read(tmp_path: Path, directory: Directory) -> None:
    export_directory(directory, tmp_path / "copie")
    assert same_content(directory_of_folder(tmp_path / "copie"), directory)


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(directory=directories())
def test_a_workbook_that_is_exported_says_the_same_when_it_is_read(tmp_path: Path, directory: Directory) -> None:
    export_directory(directory, tmp_path / "copie.xlsx")
    reading = read_register(tmp_path / "copie.xlsx", _OwnFiles(), tmp_path / "work")
    assert not blocks(reading.findings)
    assert same_content(reading.snapshot.directory(), directory)


@settings(deadline=None)
@given(before=directories(), snapshot=directories(), later=st.integers(0, 400))
def test_an_import_made_twice_is_an_import_made_once(before: Directory, snapshot: Directory, later: int) -> None:
    today = date(2005, 7, 10)
    after = merge(before, snapshot, today)
    assert same_content(merge(after, snapshot, today + timedelta(days=later)), after)
    assert same_content(merge(after, after, today + timedelta(days=later)), after), "and so is its export"


@settings(deadline=None)
@given(before=directories(), snapshot=directories())
def test_the_rows_of_the_snapshot_are_there_and_what_is_absent_has_ended(
    before: Directory,
    snapshot: Directory,
) -> None:
    today = date(2005, 7, 10)
    after = merge(before, snapshot, today)
    assert set(snapshot.organisations) <= set(after.organisations)
    assert set(snapshot.adhesions) <= set(after.adhesions)
    assert set(snapshot.delegations) <= set(after.delegations)
    ended = {
        *(one.actif for one in set(after.organisations) - set(snapshot.organisations)),
        *(one.dates for one in set(after.adhesions) - set(snapshot.adhesions)),
        *(one.dates for one in set(after.delegations) - set(snapshot.delegations)),
    }
    assert all(span.last is not None and span.last < today for span in ended)
    assert len(after.by_code) == len(after.organisations), "a code stays one organisation's"


@settings(deadline=None)
@given(before=directories(), day=st.dates(date(1995, 1, 1), date(2005, 7, 9)))
def test_an_import_never_changes_what_was_true_before_it(before: Directory, day: date) -> None:
    """Leaving everything out ends everything, and rewrites no day of the past."""
    today = date(2005, 7, 10)
    uesl = tuple(one for one in before.organisations if one.code == "UESL")
    after = merge(before, Directory(version=0, organisations=uesl), today)
    known = after.by_code
    for one in before.adhesions:
        if one.dates.covers(day) and one.code_cil in known and one.code_plateforme in known:
            assert one.code_cil in after.adherents(one.code_plateforme, one.service, day)


@settings(deadline=None)
@given(directory=directories())
def test_checking_never_fails_and_does_not_depend_on_the_order_of_the_rows(directory: Directory) -> None:
    findings = check_register(Snapshot.of(directory))
    turned = replace(
        directory,
        organisations=directory.organisations[::-1],
        adhesions=directory.adhesions[::-1],
        contacts=directory.contacts[::-1],
    )
    assume(not directory.delegations)
    assert blocks(check_register(Snapshot.of(turned))) == blocks(findings)
