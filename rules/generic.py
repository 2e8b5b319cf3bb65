"""The generic checks of every collection (C0-9 as contract §6 corrects it). Codes are stable and public.

They are carried out by the stages; here are their severity and the sentence that says what must be true. G-13 (version
number) does not exist: `_vNN` is never checked, the order of receipt decides. G-17 and later are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from domain.findings import Finding, Severity
from rules.messages import typeset
from rules.rule import GenericRule, Stage

_LIST = (
    (
        "G-01",
        Severity.BLOCKING,
        Stage.IDENTIFY,
        "Le nom du fichier ou de la feuille, ou à défaut ses titres de colonnes, désigne une collecte et une période.",
    ),
    (
        "G-02",
        Severity.BLOCKING,
        Stage.IDENTIFY,
        "Le code de l'émetteur écrit dans le nom du fichier est celui du compte qui dépose.",
    ),
    ("G-03", Severity.BLOCKING, Stage.IDENTIFY, "La collecte est de celles que ce type d'organisme dépose."),
    (
        "G-04",
        Severity.BLOCKING,
        Stage.IDENTIFY,
        "La période existe pour cette collecte, elle est terminée, et elle n'est pas close.",
    ),
    (
        "G-05",
        Severity.BLOCKING,
        Stage.READ,
        "Le fichier est lisible : CSV, XLSX, XLSM, XLS ou ODS, entier, sans mot de passe.",
    ),
    ("G-06", Severity.BLOCKING, Stage.STRUCTURE, "Chaque colonne demandée est présente, une seule fois."),
    (
        "G-07",
        Severity.WARNING,
        Stage.STRUCTURE,
        "Le tableau n'a que des colonnes connues. Une colonne inconnue est ignorée ; parmi des dossiers, elle bloque.",
    ),
    (
        "G-08",
        Severity.BLOCKING,
        Stage.STRUCTURE,
        "Le tableau contient au moins une ligne, ou le mot NEANT pour un état néant.",
    ),
    ("G-09", Severity.ERROR, Stage.WHOLE_FILE, "Une même clé n'apparaît qu'une fois dans le tableau."),
    (
        "G-10",
        Severity.ERROR,
        Stage.VALUES,
        "Chaque cellule obligatoire est remplie et se lit sans ambiguïté : nombre, montant, date, oui/non.",
    ),
    (
        "G-11",
        Severity.ERROR,
        Stage.VALUES,
        "Un code appartient à sa liste ; un CIL/CCI figure dans l'annuaire, par son code ou par son nom exact.",
    ),
    (
        "G-12",
        Severity.BLOCKING,
        Stage.READ,
        "Le fichier ne contient aucune donnée nominative. Sinon il est détruit et n'est jamais archivé.",
    ),
    (
        "G-14",
        Severity.BLOCKING,
        Stage.READ,
        "Le fichier ne dépasse pas les limites de taille, de lignes, de colonnes et de durée de lecture.",
    ),
    (
        "G-15",
        Severity.BLOCKING,
        Stage.STRUCTURE,
        "Le tableau ne contient pas de colonne d'un autre format que celui de la période.",
    ),
    (
        "G-16",
        Severity.BLOCKING,
        Stage.DIRECTORY,
        "Au dernier jour de la période, au moins un CIL/CCI adhère à la Plate-forme pour ce service.",
    ),
    (
        "G-17",
        Severity.BLOCKING,
        Stage.WHOLE_FILE,
        "La part des lignes en erreur ne dépasse pas la tolérance de la collecte.",
    ),
    (
        "G-18",
        Severity.INFO,
        Stage.WHOLE_FILE,
        "Un contrôle qui n'a pas pu être fait, faute d'un contrôle précédent, est signalé.",
    ),
    (
        "G-19",
        Severity.WARNING,
        Stage.VALUES,
        "Les codes gardent leurs zéros de tête (01, et non 1). Ceux qu'un tableur a perdus sont rétablis.",
    ),
    (
        "G-20",
        Severity.ERROR,
        Stage.VALUES,
        "Les colonnes Plate-forme, Année et Trimestre, facultatives, disent la même chose que le dépôt.",
    ),
    (
        "G-21",
        Severity.INFO,
        Stage.STRUCTURE,
        "Les titres, notes et lignes de commentaire hors du tableau sont ignorés, et c'est dit.",
    ),
    ("G-22", Severity.INFO, Stage.IDENTIFY, "Les feuilles qui ne sont pas une collecte sont ignorées, et c'est dit."),
    (
        "G-23",
        Severity.INFO,
        Stage.IDENTIFY,
        "Un dépôt identique à celui qui est en vigueur n'est pas chargé une seconde fois.",
    ),
    (
        "G-24",
        Severity.INFO,
        Stage.STRUCTURE,
        "NEANT, seul ou sous les titres, est un état néant : aucune activité pour toutes les lignes attendues.",
    ),
    ("G-25", Severity.INFO, Stage.READ, "Ce qui a été deviné ou corrigé à la lecture est signalé."),
    (
        "G-26",
        Severity.WARNING,
        Stage.VALUES,
        "Un montant a deux décimales au plus. Un montant calculé par le tableur est arrondi au centime.",
    ),
    (
        "G-27",
        Severity.INFO,
        Stage.WHOLE_FILE,
        "La colonne « justification » confirme les points à confirmer. Une erreur ne se confirme pas, elle se corrige.",
    ),
    (
        "G-28",
        Severity.BLOCKING,
        Stage.IDENTIFY,
        "Le numéro écrit dans la colonne guichet_depot est celui d'un dépôt du même compte.",
    ),
    (
        "G-29",
        Severity.BLOCKING,
        Stage.STRUCTURE,
        "Un fichier à corriger ne complète qu'un dépôt : la colonne guichet_depot porte un seul numéro.",
    ),
    (
        "G-30",
        Severity.BLOCKING,
        Stage.WHOLE_FILE,
        "Un fichier à corriger complète le dernier dépôt reçu : aucun autre n'est en vigueur depuis.",
    ),
    (
        "G-31",
        Severity.BLOCKING,
        Stage.WHOLE_FILE,
        "Un fichier à corriger complète un dépôt qui n'a pas été retiré et dont les lignes sont encore conservées.",
    ),
    (
        "A-01",
        Severity.WARNING,
        Stage.HISTORY,
        "Une valeur reste proche de l'habitude : les derniers trimestres, le même trimestre des années passées.",
    ),
    (
        "A-02",
        Severity.WARNING,
        Stage.HISTORY,
        "Un zéro, ou un état néant, ne suit pas des trimestres d'activité.",
    ),
    (
        "A-03",
        Severity.WARNING,
        Stage.HISTORY,
        "Une activité ne reprend pas d'un coup après quatre trimestres à zéro.",
    ),
    (
        "A-04",
        Severity.WARNING,
        Stage.HISTORY,
        "Les chiffres ne sont pas ceux du trimestre précédent, recopiés.",
    ),
    (
        "A-05",
        Severity.WARNING,
        Stage.HISTORY,
        "Une valeur sans passé ne dépasse pas de loin celles des autres CIL/CCI.",
    ),
    (
        "A-06",
        Severity.WARNING,
        Stage.HISTORY,
        "Une correction après l'échéance ne change pas de plus de 10 % un total de la Plate-forme.",
    ),
)

GENERIC_RULES: tuple[GenericRule, ...] = tuple(
    GenericRule(code=code, severity=severity, at=stage, sentence=typeset(sentence))
    for code, severity, stage, sentence in _LIST
)
GENERIC: Mapping[str, GenericRule] = MappingProxyType({rule.code: rule for rule in GENERIC_RULES})


def generic_finding(  # noqa: PLR0913 - one argument per member of a finding
    code: str,
    message: str,
    *,
    severity: Severity | None = None,
    row: int | None = None,
    column: str | None = None,
    cell: str | None = None,
    label: str | None = None,
    value: str | None = None,
    expected: str | None = None,
    hint: str | None = None,
    cause: str | None = None,
) -> Finding:
    """A finding of a generic check, with the rule's severity unless told. `message` and `hint` are French, typeset."""
    return Finding(
        code=code,
        severity=severity or GENERIC[code].severity,
        message=message,
        row=row,
        column=column,
        cell=cell,
        label=label,
        value=value,
        expected=expected,
        hint=hint,
        cause=code if cause is None else cause,
    )
