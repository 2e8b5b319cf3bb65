"""Whatever a file looks like, identifying it gives an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.judgement import SectionJudgement

WORDS = (
    None,
    "",
    "Dpt.",
    "CIL/CCI",
    "CIL/CCI qui réalise le service",
    "Nb de diagnostics préalables",
    "Nb d'engagements réciproques",
    "Nb de diagnostics complémentaires",
    "Montant facturé HT en €",
    "Nb de dossiers individuels",
    "Trimestre",
    "Cumul depuis le 1/1",
    "annee",
    "trimestre",
    "Plate-forme",
    "PF03",
    "PF04",
    "2005",
    "1",
    "NEANT",
    "Total",
    "CIL001",
    "-3",
    "1er trimestre 2005",
    "x" * 400,
)
NAMES = (
    "N1A_2005T1.csv",
    "N1M_2004.xlsx",
    "envoi.csv",
    "N1A.ods",
    "2005T1.xls",
    "N2A_2005.csv",
    "N1A_PF04_2005T1_v01.csv",
    "T1-2005 N1A.csv",
)
LINES = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=7).map(tuple), max_size=6)
SHEETS = st.lists(
    st.tuples(st.sampled_from(("N1A", "N1M", "Feuil1", "N1A_2004T4", "N2S")), LINES), min_size=1, max_size=3
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(NAMES), content=LINES | SHEETS)
def test_any_table_gets_an_answer_that_says_why(identified: Callable[..., Any], name: str, content: list[Any]) -> None:
    workbook = bool(content) and isinstance(content[0][-1], list)
    sections = identified(name, *(content if workbook else [content]))
    assert sections
    for section in sections:
        if isinstance(section, SectionJudgement):
            assert section.finding_counts["blocking"] >= 1
            assert all(finding.message for finding in section.findings)
            assert list(section.findings) == sorted(section.findings, key=lambda one: one.sort_key)
        else:
            assert section.nil or section.header is not None
