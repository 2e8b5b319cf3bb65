"""What must be true of a register as a whole, across its sheets (contract §5; R C12, S1-23).

Pure: a `Snapshot` in, findings out, all of them, in a stable order. Codes are public: see `CODES`.
"""

from __future__ import annotations

from collections.abc import Iterable

from domain.findings import Finding, Severity
from domain.organisations import OrganisationType
from ingest.register.checking.adhesions import check_adhesions
from ingest.register.checking.contacts import check_contacts, check_obligations
from ingest.register.checking.delegations import check_delegations
from ingest.register.checking.organisations import check_organisations
from ingest.register.checking.texts import check_texts
from ingest.register.snapshot import Snapshot

SHEET_ORDER = ("organisations", "adhesions", "delegations", "contacts", "obligations")
DEPOSITING = frozenset({OrganisationType.UESL, OrganisationType.PF})
"""Types of organisation that deposit today; the catalogue may widen it."""

CODES = {
    "ANN.R01": "Une feuille obligatoire de l’annuaire est absente ou illisible.",
    "ANN.R02": "Le code d’une organisation a la forme de son type.",
    "ANN.R03": "Un code d’organisation n’est écrit qu’une fois.",
    "ANN.R04": "Un compte SFTP s’écrit en minuscules, chiffres, points, tirets (32 caractères au plus).",
    "ANN.R05": "Un compte SFTP n’appartient qu’à une organisation.",
    "ANN.R06": "Une date de fin ne précède pas sa date de début.",
    "ANN.R07": "L’annuaire compte au moins une UESL en activité.",
    "ANN.R08": "Tout code cité figure dans la feuille « organisations ».",
    "ANN.R09": "Seul un CIL ou une CCI adhère à une plate-forme ou délègue un service.",
    "ANN.R10": "On n’adhère qu’à une plate-forme.",
    "ANN.R11": "Une plate-forme et une seule par CIL/CCI et par service à un moment donné (S1-23).",
    "ANN.R12": "Adhésions et délégations tiennent dans les dates d’activité des organisations.",
    "ANN.R13": "Le mandant et le réalisateur sont deux organisations différentes.",
    "ANN.R15": "Un mandant ne confie un service qu’à un réalisateur à un moment donné.",
    "ANN.R16": "Les délégations ne forment pas de boucle.",
    "ANN.R17": "Le réalisateur adhère à une plate-forme pour le service délégué.",
    "ANN.R18": "Le mandant adhère à une plate-forme pour le service délégué.",
    "ANN.R19": "Une adresse de courriel est complète et sans accent.",
    "ANN.R20": "Un contact n’est écrit qu’une fois.",
    "ANN.R21": "Une plate-forme a un contact « depot » pour chaque service de ses adhérents.",
    "ANN.R22": "Une plate-forme qui a des adhérents a un compte SFTP.",
    "ANN.R23": "Un CIL/CCI en activité adhère à une plate-forme.",
    "ANN.R24": "Un compte SFTP sert à une organisation qui dépose.",
    "ANN.R25": "Une collecte citée dans « obligations » existe.",
    "ANN.R26": "Une dispense porte un motif.",
    "ANN.R27": "Une adhésion dure au moins un an et finit à sa date anniversaire.",
    "ANN.R28": "Deux CIL/CCI ne portent pas le même nom.",
    "ANN.R29": "Un CIL ou une CCI a un département.",
    "ANN.R31": "L’import ne contredit pas ce qu’il laisse au passé.",
    "ANN.R32": "Une même ligne n’est écrite qu’une fois.",
    "ANN.R33": "Un texte ne commence pas par un signe qu’un tableur prend pour une formule.",
    "ANN.R34": "Un texte ne contient pas de caractère de commande.",
    "ANN.R35": "Une obligation particulière s’applique à une période au moins.",
    "ANN.R40": "Ce qu’un import change est annoncé.",
}
"""Every rule of the register with its sentence (public and stable)."""


def check_register(
    snapshot: Snapshot,
    *,
    depositing: frozenset[OrganisationType] = DEPOSITING,
    collections: Iterable[str] | None = None,
) -> tuple[Finding, ...]:
    """Every finding on the register; it may be imported when none is an error.

    `collections`: codes that the sheet `obligations` may name; None leaves that unchecked.
    """
    findings = [
        *check_texts(snapshot),
        *check_organisations(snapshot, depositing),
        *check_adhesions(snapshot),
        *check_delegations(snapshot),
        *check_contacts(snapshot),
        *check_obligations(snapshot, None if collections is None else frozenset(collections)),
    ]
    return in_order(findings)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings sheet by sheet, then by place: the same for the same register."""

    def key(finding: Finding) -> tuple[int, tuple[int, int, str, str, str]]:
        sheet = finding.cause.split(":")[1] if finding.cause.count(":") > 1 else ""
        return (SHEET_ORDER.index(sheet) if sheet in SHEET_ORDER else -1, finding.sort_key)

    return tuple(sorted(findings, key=key))


def blocks(findings: Iterable[Finding]) -> bool:
    """Whether one of the findings forbids the import: a register is all or nothing."""
    return any(finding.severity in {Severity.BLOCKING, Severity.ERROR} for finding in findings)
