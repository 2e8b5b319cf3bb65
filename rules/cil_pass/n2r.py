"""Rules of N2R « Rapport annuel d’activité » (C8): within a line, against the register, and against the quarters."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from domain.findings import Severity
from rules.asking import CONFIRM
from rules.messages import number, say, typeset
from rules.others import Compared, OthersRule
from rules.predicates import at_most, record
from rules.register import (
    adherent_of_this_platform,
    expected_lines_present,
    no_line_elsewhere,
    no_line_of_mandant,
    registered_name,
)
from rules.rule import Booleans, Remark, RuleSet, Values
from rules.wholefile import totals_agree
from schemas.cil_pass.n2r import COLLECTION

MEMBER, SERVICE = "code_cil", "service"
KINDS = ("visite", "telephone", "courrier", "courriel", "autre")
CONTACTS, TOTAL = tuple(f"nb_contacts_{kind}" for kind in KINDS), "nb_contacts_total"
_CLOSE = COLLECTION.parameters["ecart_chiffre_affaires"]


def _is_sum(total: Values, *parts: Values) -> Booleans:
    return np.asarray(total == sum(parts))


def _equal(mine: float, year: float) -> bool:
    return mine == year


def _close(mine: float, year: float) -> bool:
    return abs(mine - year) <= _CLOSE * year


def _at_least(mine: float, year: float) -> bool:
    return mine >= year


def _at_most(mine: float, year: float) -> bool:
    return mine <= year


def _of_quarters(  # noqa: PLR0913 - the parts of a rule
    code: str,
    column: str,
    source: tuple[str, str, str],
    holds: Callable[[float, float], bool],
    *,
    sentence: str,
    message: str,
) -> OthersRule:
    """`column` against the sum over the four quarters of another one: `source` = service, collection, column."""
    service, collection, other = source

    def judge(compared: Compared) -> Iterator[Remark]:
        for index, one in enumerate(compared.records):
            if one[SERVICE] != service or one[MEMBER] is None or one[column] is None:
                continue
            year = compared.year_of(collection, one[MEMBER])
            if year is None or holds(float(one[column]), year.get(other, 0)):
                continue
            yield Remark(
                index=index,
                column=column,
                value=number(one[column]),
                expected=number(year.get(other, 0)),
                cause="quarters",
                message=say(message, mine=number(one[column]), year=number(year.get(other, 0))),
                hint=CONFIRM,
            )

    return OthersRule(
        code=code,
        severity=Severity.WARNING,
        sentence=typeset(sentence),
        judge=judge,
        columns=(column,),
    )


RULES = RuleSet(
    collection="N2R",
    rules=(
        adherent_of_this_platform("N2R.R01"),
        expected_lines_present("N2R.R02"),
        registered_name("N2R.R03"),
        totals_agree("N2R.R05"),
        no_line_of_mandant("N2R.R06"),
        no_line_elsewhere("N2R.R09"),
        record(
            "N2R.R10",
            Severity.ERROR,
            (TOTAL, *CONTACTS),
            _is_sum,
            formula=f"{{{TOTAL}}}={'+'.join(f'{{{name}}}' for name in CONTACTS)}",
            sentence="Le total des contacts est la somme des contacts par nature.",
            message="Le total des contacts ({nb_contacts_total}) n'est pas la somme des cinq natures.",
            hint="Recalculez le total de la ligne.",
        ),
        at_most(
            "N2R.R11",
            Severity.ERROR,
            "nb_cas_satisfaction",
            "nb_cas_enquetes",
            sentence="Les cas traités à la satisfaction du salarié ne dépassent pas les cas enquêtés.",
            message="Il y a plus de cas traités à la satisfaction ({nb_cas_satisfaction}) que de cas enquêtés "
            "({nb_cas_enquetes}).",
            hint="Vérifiez que les deux chiffres n'ont pas été inversés.",
        ),
        _of_quarters(
            "N2R.R20",
            "nb_relations_contractualisees",
            ("ASA", "N1A", "engagements_reciproques"),
            _equal,
            sentence="Les relations contractualisées sont les engagements réciproques des quatre trimestres.",
            message="{mine} ici, mais {year} engagements réciproques dans les quatre trimestres.",
        ),
        _of_quarters(
            "N2R.R21",
            "nb_missions_realisees",
            ("MOB", "N1M", "dossiers_individuels"),
            _equal,
            sentence="Les missions réalisées sont les dossiers individuels des quatre trimestres.",
            message="{mine} ici, mais {year} dossiers individuels dans les quatre trimestres.",
        ),
        _of_quarters(
            "N2R.R22",
            "chiffre_affaires_ht",
            ("MOB", "N1M", "montant_facture_ht"),
            _close,
            sentence="Le chiffre d'affaires est, à 1 % près, le montant facturé des quatre trimestres.",
            message="{mine} € ici, mais {year} € facturés dans les quatre trimestres.",
        ),
        _of_quarters(
            "N2R.R23",
            TOTAL,
            ("ASA", "N1A", "diagnostics_prealables"),
            _at_least,
            sentence="Il y a au moins autant de contacts que de diagnostics préalables dans les quatre trimestres.",
            message="{mine} contacts ici, mais {year} diagnostics préalables dans les quatre trimestres.",
        ),
        _of_quarters(
            "N2R.R24",
            "nb_dossiers_sous_traitants",
            ("ASA", "N1A", "diagnostics_complementaires"),
            _at_most,
            sentence="Les dossiers menés à bonne fin par les sous-traitants ne dépassent pas les diagnostics "
            "complémentaires des quatre trimestres.",
            message="{mine} ici, mais {year} diagnostics complémentaires dans les quatre trimestres.",
        ),
    ),
)
