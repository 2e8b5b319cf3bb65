"""The two services: their indicators, in the order of the documents, and their footnotes as printed (S1-6 to S1-9)."""

from __future__ import annotations

from dataclasses import dataclass

from domain.organisations import Service
from publication.table import Kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Indicator:
    """One indicator. `name`: technical, as in the collection; `label`: as printed; `short`: in the national table."""

    name: str
    label: str
    short: str
    kind: Kind
    mark: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedService:
    """A service as published. `collection`: slug of what it is made from; `member_mark`: footnote of the CIL/CCI."""

    service: Service
    collection: str
    title: str
    indicators: tuple[Indicator, ...]
    footnotes: tuple[str, ...]
    member_mark: str = ""

    @property
    def total_label(self) -> str:
        """The label of the national total (S1-6, S1-8)."""
        return f"Total service {self.title}"


ASSISTANCE = PublishedService(
    service=Service.ASA,
    collection="assistance_trimestrielle",
    title="CIL-PASS assistance",
    indicators=(
        Indicator(
            name="diagnostics_prealables",
            label="Nb de diagnostics préalables",
            short="Diagnostics préalables",
            kind=Kind.COUNT,
            mark="(1)",
        ),
        Indicator(
            name="engagements_reciproques",
            label="Nb d’engagements réciproques",
            short="Engagements réciproques",
            kind=Kind.COUNT,
            mark="(2)",
        ),
        Indicator(
            name="diagnostics_complementaires",
            label="Nb de diagnostics complémentaires",
            short="Diagnostics complémentaires",
            kind=Kind.COUNT,
            mark="(3)",
        ),
    ),
    footnotes=(
        (
            "(1) Sont comptés les diagnostics que le CIL/CCI considère comme terminés (préconisations formulées et "
            "communiquées au salarié), quel que soit le nombre de contacts et d’entretiens qui ont été nécessaires."
        ),
        "(2) Sont comptés les engagements réciproques signés des deux parties (CIL/CCI et salarié).",
        "(3) Sont comptés les diagnostics complémentaires demandés à des structures spécialisées.",
    ),
)

MOBILITE = PublishedService(
    service=Service.MOB,
    collection="mobilite_trimestrielle",
    title="CIL-PASS mobilité",
    indicators=(
        Indicator(
            name="dossiers_individuels",
            label="Nb de dossiers individuels",
            short="Dossiers individuels",
            kind=Kind.COUNT,
            mark="(2)",
        ),
        Indicator(
            name="entreprises_concernees",
            label="Nb d’entreprises concernées",
            short="Entreprises concernées",
            kind=Kind.COUNT,
            mark="(3)",
        ),
        Indicator(
            name="montant_facture_ht",
            label="Montant facturé HT en €",
            short="Montant facturé HT",
            kind=Kind.EUROS,
            mark="(2)",
        ),
    ),
    footnotes=(
        (
            "(1) Opérations réalisées via une filiale titre V, sous-traitées ou non. Le CIL/CCI est celui qui initie "
            "le contrat."
        ),
        (
            "(2) Nombre et montant des opérations abouties, facturées par la filiale titre V, sous-traitées ou non, et "
            "ne concernant que la prestation CIL-PASS mobilité."
        ),
        "(3) Nombre d’entreprises assujetties concernées par les dossiers aboutis.",
    ),
    member_mark=" (1)",
)

SERVICES = (ASSISTANCE, MOBILITE)
