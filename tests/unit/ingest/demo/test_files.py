"""The demonstration's deposits: made from the register, the same bytes on every machine."""

import hashlib
import io
from collections.abc import Callable

import openpyxl
import pytest

from domain.organisations import Directory, OrganisationType, Service
from domain.periods import Period
from ingest.demo.figures import assistance, mobilite
from ingest.demo.files import (
    DemoFile,
    bench_directory,
    both_services,
    full_of_mistakes,
    good_csv,
    good_n1m_csv,
    many_files,
    n1a_rows,
    nil_return,
    no_table,
    wrong_platform,
)

T1 = Period(2005, 1)
NETWORK = bench_directory(platforms=3, members=14)
MAKERS = (good_csv, good_n1m_csv, both_services, full_of_mistakes, nil_return, wrong_platform, no_table)


def lines(file: DemoFile) -> list[str]:
    return file.content.decode("utf-8-sig").splitlines()


@pytest.mark.parametrize("make", MAKERS)
def test_each_deposit_is_always_the_same_bytes(make: Callable[[Directory, str, Period], DemoFile]) -> None:
    one, other = make(NETWORK, "PF02", T1), make(NETWORK, "PF02", T1)
    assert hashlib.sha256(one.content).digest() == hashlib.sha256(other.content).digest()
    assert one.account == "pf02"
    assert "2005T1" in one.name


def test_a_good_file_has_one_line_per_expected_member() -> None:
    assert len(lines(good_csv(NETWORK, "PF01", T1))) == 1 + len(NETWORK.expected_lines("PF01", Service.ASA, T1))


def test_figures_are_plausible_and_differ_between_quarters() -> None:
    for code in NETWORK.expected_lines("PF01", Service.ASA, T1):
        line = assistance(code, T1)
        assert line.engagements_reciproques <= line.diagnostics_prealables
        assert line.diagnostics_complementaires <= line.diagnostics_prealables
        cases = mobilite(code, T1)
        assert cases.entreprises_concernees <= cases.dossiers_individuels
        assert (cases.montant_facture_ht > 0) == (cases.dossiers_individuels > 0)
    assert n1a_rows(NETWORK, "PF01", T1) != n1a_rows(NETWORK, "PF01", T1.following)


def test_the_workbook_has_a_sheet_per_service_with_its_total() -> None:
    book = openpyxl.load_workbook(io.BytesIO(both_services(NETWORK, "PF01", T1).content))
    assert book.sheetnames == ["N1A", "N1M"]
    sheet = book["N1A"]
    rows = list(sheet.iter_rows(min_row=7, values_only=True))
    assert rows[-1][0] == "Total service CIL-PASS assistance"
    assert rows[-1][3] == sum(row[3] for row in rows[:-1])
    assert sheet["D5"].value == "Nb de diagnostics préalables (1)"


def test_most_lines_of_the_file_of_mistakes_are_good_all_the_same() -> None:
    body = lines(full_of_mistakes(NETWORK, "PF01", T1))[1:-1]
    good = set(lines(good_csv(NETWORK, "PF01", T1))[1:])
    kept = [line for line in body if line.rstrip(";") in {one.rstrip(";") for one in good}]
    assert len(kept) > len(body) / 2


def test_the_line_of_another_platform_is_one_too_many() -> None:
    extra = set(lines(wrong_platform(NETWORK, "PF02", T1))) - set(lines(good_csv(NETWORK, "PF02", T1)))
    assert len(extra) == 1
    code = extra.pop().split(";")[1]
    assert code not in NETWORK.adherents("PF02", Service.ASA, T1.ends_on)


def test_many_files_are_all_different() -> None:
    files = list(many_files(NETWORK, T1, 50, rows=60))
    assert len({file.content for file in files}) == 50
    assert {len(lines(file)) for file in files} == {61}
    assert {file.account for file in files} == {"pf01", "pf02", "pf03"}


def test_a_bench_network_has_the_size_asked_and_says_when_it_cannot() -> None:
    big = bench_directory(platforms=20, members=60)
    assert sum(one.type in {OrganisationType.CIL, OrganisationType.CCI} for one in big.organisations) == 1200
    with pytest.raises(ValueError, match="cannot number"):
        bench_directory(platforms=50, members=50)
