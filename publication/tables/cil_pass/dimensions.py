"""The characteristics of cases that D11 and D12 show, as data: what is counted where the cases lie, and what is shown.

Classes of resources and ages as R D11 has them. Exercices up to `LAST_FORMER_YEAR` have the columns of the 2003 forms:
what they did not ask for is `n.d.` (R B24 to B44).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.organisations import Service
from domain.text import fold
from publication.counted import CROSS
from schemas.codes import DEPARTEMENTS, PCS, department_of_postcode, region_of

LAST_FORMER_YEAR: Final = 2004
UNKNOWN: Final = "nd"
"""The modality of a case that has none of the others: every case is in exactly one."""
SATISFACTION: Final = "satisfaction"
ACTIVITY: Final = "rapport_activite"
AGREEMENTS: Final = "partenariats"
INCIDENTS: Final = "incidents"
LISTS: Final = (SATISFACTION, ACTIVITY, AGREEMENTS, INCIDENTS)
"""Slugs of the published lists; their records are handed over whole."""


class Reading(StrEnum):
    """How a modality is read from a case."""

    CLASSES = "classes"
    """A number, by bounds."""
    CODES = "codes"
    YES_NO = "yes_no"
    """A yes-or-no column as two modalities, `O` and `N`."""
    FLAGS = "flags"
    """Several yes-or-no columns, one a modality: a case may have several, or none."""
    PLACE = "place"
    """A postal code, or a département's code: its département."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Former:
    """Where a yes-or-no stands in the 2003 form. `code`: among the codes of the cell; `filled`: the cell holds one."""

    column: str
    code: str = ""
    filled: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Modality:
    """One value of a characteristic. `low`, `high`: inclusive bounds of a class; `column`: that of a flag."""

    code: str
    label: str
    low: int | None = None
    high: int | None = None
    column: str = ""
    former: Former | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Dimension:
    """A characteristic. `former`: its column in the 2003 form; empty when the form does not ask for it."""

    name: str
    label: str
    reading: Reading
    modalities: tuple[Modality, ...]
    column: str = ""
    former: str = ""

    @property
    def multiple(self) -> bool:
        """Whether a case may have several modalities, so that they do not add up to the total."""
        return self.reading is Reading.FLAGS

    @property
    def codes(self) -> tuple[str, ...]:
        """Of its modalities, `UNKNOWN` not among them."""
        return tuple(one.code for one in self.modalities)

    def asked(self, year: int, modality: str = "") -> bool:
        """Whether the form of that year asks for it."""
        if year > LAST_FORMER_YEAR:
            return True
        if not self.multiple:
            return bool(self.former)
        return any(one.former is not None for one in self.modalities if modality in {"", one.code})

    def column_of(self, year: int) -> str:
        """Where it stands in the form of that year."""
        return self.column if year > LAST_FORMER_YEAR else self.former


@dataclass(frozen=True, kw_only=True, slots=True)
class Cross:
    """Two characteristics together; `second` may be a multiple one. `title`: of the table, when it has one."""

    first: str
    second: str
    title: str = ""

    @property
    def name(self) -> str:
        """As in `Tally.dimension` and `Count.dimension`."""
        return f"{self.first}{CROSS}{self.second}"


@dataclass(frozen=True, kw_only=True)
class CaseCollection:
    """A collection of cases as published. `derived`: dimension of places → the name of its régions."""

    slug: str
    service: Service
    title: str
    table: str
    member: str
    amount: str
    dimensions: tuple[Dimension, ...]
    crosses: tuple[Cross, ...]
    flow: Cross | None = None
    derived: Mapping[str, str]
    footnotes: tuple[str, ...]
    series_break: str

    def dimension(self, name: str) -> Dimension:
        """KeyError for a name that it has not."""
        return {one.name: one for one in self.dimensions}[name]

    @property
    def counted_crosses(self) -> tuple[Cross, ...]:
        """Every cross that is counted, flows among them."""
        return self.crosses if self.flow is None else (*self.crosses, self.flow)


def _codes(labels: Mapping[str, str]) -> tuple[Modality, ...]:
    return tuple(Modality(code=code, label=label) for code, label in labels.items())


def _class(code: str, label: str, low: int | None, high: int | None) -> Modality:
    return Modality(code=code, label=label, low=low, high=high)


def _flag(column: str, label: str, *, former: Former | None = None) -> Modality:
    return Modality(code=column, label=label, column=column, former=former)


def places_of(year: int) -> tuple[str, ...]:
    """The départements of that year, in the order of the list."""
    return tuple(one for one in DEPARTEMENTS if department_of_postcode(one, year) is not None)


def regions_of(year: int) -> tuple[str, ...]:
    """The régions of that year, in alphabetical order without accents."""
    return tuple(sorted({name for one in places_of(year) if (name := region_of(one, year)) is not None}, key=fold))


_RESSOURCES = Dimension(
    name="ressources",
    label="Ressources nettes mensuelles moyennes du foyer",
    reading=Reading.CLASSES,
    column="ressources_nettes_mensuelles",
    former="ressources_nettes_mensuelles",
    modalities=(
        _class("lt1000", "moins de 1 000 €", None, 999),
        _class("1000_1499", "1 000 à 1 499 €", 1000, 1499),
        _class("1500_1999", "1 500 à 1 999 €", 1500, 1999),
        _class("2000_2999", "2 000 à 2 999 €", 2000, 2999),
        _class("ge3000", "3 000 € et plus", 3000, None),
    ),
)
_FOYER = Dimension(
    name="foyer",
    label="Nb de personnes au foyer",
    reading=Reading.CLASSES,
    column="nb_personnes_foyer",
    former="nb_personnes_foyer",
    modalities=(
        *(_class(str(number), str(number), number, number) for number in range(1, 6)),
        _class("ge6", "6 et plus", 6, None),
    ),
)
_REVENUS = Dimension(
    name="revenus",
    label="Nb de revenus au foyer",
    reading=Reading.CLASSES,
    column="nb_revenus_foyer",
    former="nb_revenus_foyer",
    modalities=(
        *(_class(str(number), str(number), number, number) for number in range(3)),
        _class("ge3", "3 et plus", 3, None),
    ),
)


def _age(label: str, column: str, former: str) -> Dimension:
    return Dimension(
        name="age",
        label=label,
        reading=Reading.CLASSES,
        column=column,
        former=former,
        modalities=(
            _class("lt26", "moins de 26 ans", None, 25),
            _class("26_35", "26 à 35 ans", 26, 35),
            _class("36_45", "36 à 45 ans", 36, 45),
            _class("46_55", "46 à 55 ans", 46, 55),
            _class("ge56", "56 ans et plus", 56, None),
        ),
    )


def _place(name: str, label: str, column: str) -> Dimension:
    return Dimension(
        name=name,
        label=label,
        reading=Reading.PLACE,
        column=column,
        modalities=tuple(Modality(code=one, label=f"{one} {named}") for one, named in DEPARTEMENTS.items()),
    )


_SITUATIONS = {
    "1": "divorce, séparation, décohabitation...",
    "2": "fin ou rupture d’un contrat de travail dans les derniers 6 mois",
    "3": "hébergement précaire ou inadapté",
    "4": "sinistre",
    "5": "surendettement",
    "6": "perte de logement",
    "7": "pb de santé",
    "8": "décès",
    "9": "autre",
}
_CONTRATS = {"1": "CDI", "2": "CDD", "3": "intérim", "4": "autres contrats de travail", "9": "sans emploi"}
FAMILIES: Final[Mapping[str, tuple[str, str]]] = {
    "BS": ("part_bailleurs_sociaux", "Bailleurs sociaux"),
    "AB": ("part_autres_bailleurs", "Autres bailleurs"),
    "AS": ("part_associations", "Associations"),
    "SS": ("part_services_sociaux_ct", "Services sociaux des collectivités territoriales"),
    "PF": ("part_partenaires_financiers", "Partenaires financiers"),
    "EN": ("part_entreprises", "Entreprises"),
    "AI": ("part_autres_institutionnels", "Autres Institutionnels"),
    "BF": ("part_banque_de_france", "Banque de France"),
    "AU": ("part_autres", "Autres"),
}
"""The nine families of partners (S1-18): code in N2P and in the 2003 form → column of a case, label."""
_PRODUCTS = {
    "SP": ("prod_securi_pass", "SECURI-PASS"),
    "RP": ("prod_renegociation_pret", "Renégociation de prêt immobilier"),
    "AQ": ("prod_allegement_quittance", "Allègement temporaire de quittance"),
    "PT": ("prod_pass_travaux", "PASS-TRAVAUX"),
    "LP": ("prod_loca_pass", "LOCA-PASS"),
    "PR": ("prod_pret_relais_mobilite", "Prêt relais mobilité"),
    "RL": ("prod_rachat_logement", "Rachat de logement d’accédant en difficulté"),
    "AU": ("prod_autre", "Autre"),
}
_CASES_ASKED = "(1) Dossiers terminés (préconisations mises en œuvre, y compris celles résultant des diagnostics "

ASSISTANCE_CASES: Final = CaseCollection(
    slug="dossiers_assistance",
    service=Service.ASA,
    title="CIL-PASS assistance",
    table="D11",
    member="code_cil",
    amount="ressources_nettes_mensuelles",
    dimensions=(
        _RESSOURCES,
        _FOYER,
        _REVENUS,
        _age("Age du demandeur", "age_demandeur", "age_chef_famille"),
        Dimension(
            name="contrat",
            label="Type du contrat de travail du demandeur",
            reading=Reading.CODES,
            column="type_contrat_travail",
            former="type_contrat_chef_famille",
            modalities=_codes(_CONTRATS),
        ),
        Dimension(
            name="csp",
            label="CSP du demandeur",
            reading=Reading.CODES,
            column="csp_demandeur",
            former="csp_chef_famille",
            modalities=_codes(PCS),
        ),
        _place("departement", "Département du demandeur (2)", "code_postal_demandeur"),
        Dimension(
            name="situation",
            label="Type de situation",
            reading=Reading.CODES,
            column="type_situation",
            former="type_situation",
            modalities=_codes(_SITUATIONS),
        ),
        Dimension(
            name="diagnostic",
            label="Diagnostic préalable",
            reading=Reading.YES_NO,
            column="diagnostic_prealable",
            former="diagnostic_prealable",
            modalities=_codes({"O": "oui", "N": "non"}),
        ),
        Dimension(
            name="services",
            label="Nature du service apporté",
            reading=Reading.FLAGS,
            modalities=(
                _flag("svc_solution_logement", "Solution logement"),
                _flag("svc_solution_logement_temporaire", "Solution logement temporaire"),
                _flag(
                    "svc_diagnostic_complementaire",
                    "Diagnostic complémentaire",
                    former=Former(column="diagnostic_complementaire"),
                ),
                _flag("svc_accompagnement_social", "Accompagnement social"),
                _flag("svc_aides_financieres", "Aides financières (1 % ou externes)"),
                _flag("svc_autre", "Autre"),
            ),
        ),
        Dimension(
            name="produits",
            label="Produits du 1 %",
            reading=Reading.FLAGS,
            modalities=tuple(
                _flag(column, label, former=Former(column="produits_1pct", code=code))
                for code, (column, label) in _PRODUCTS.items()
            ),
        ),
        Dimension(
            name="partenaires",
            label="Recours à des partenaires",
            reading=Reading.FLAGS,
            modalities=tuple(
                _flag(column, label, former=Former(column="partenaires", code=code))
                for code, (column, label) in FAMILIES.items()
            ),
        ),
    ),
    crosses=(
        Cross(first="situation", second="services", title="Type de situation et nature du service apporté"),
        Cross(first="situation", second="produits", title="Type de situation et produits du 1 %"),
        Cross(first="csp", second="situation", title="CSP du demandeur et type de situation"),
        Cross(first="situation", second="partenaires", title="Type de situation et recours à des partenaires"),
    ),
    derived={"departement": "region"},
    footnotes=(
        _CASES_ASKED + "complémentaires) au cours de la période. Les dossiers pour lesquels la solution apportée "
        "consiste en un plan d’apurement des remboursements de prêts 1 % ou de LOCA-PASS ne font pas partie du "
        "périmètre.",
        "(2) Dernier domicile connu.",
    ),
    series_break="Rupture de série entre 2004 et 2005 : jusqu’à l’exercice 2004, les dossiers décrivent le chef de "
    "famille et non le demandeur, les ressources comprennent l’APL, la situation a six valeurs au lieu de neuf, et le "
    "domicile n’est pas demandé, ni la nature du service hors le diagnostic complémentaire.",
)
MOBILITE_CASES: Final = CaseCollection(
    slug="dossiers_mobilite",
    service=Service.MOB,
    title="CIL-PASS mobilité",
    table="D12",
    member="code_cil",
    amount="ressources_nettes_mensuelles",
    dimensions=(
        _RESSOURCES,
        _FOYER,
        _REVENUS,
        _age("Age du salarié en mobilité", "age_salarie", "age_salarie"),
        Dimension(
            name="csp",
            label="CSP du salarié en mobilité",
            reading=Reading.CODES,
            column="csp_salarie",
            former="csp_salarie",
            modalities=_codes(PCS),
        ),
        Dimension(
            name="mutation",
            label="Nature de la mutation",
            reading=Reading.CODES,
            column="nature_mutation",
            former="nature_mutation",
            modalities=_codes({"1": "interne", "2": "embauche"}),
        ),
        _place("depart", "Département de départ", "code_postal_depart"),
        _place("arrivee", "Département d’arrivée", "code_postal_arrivee"),
        Dimension(
            name="services",
            label="Prestations réalisées",
            reading=Reading.FLAGS,
            modalities=(
                _flag(
                    "entretien_individuel",
                    "Entretien individuel avec la famille",
                    former=Former(column="entretien_individuel"),
                ),
                _flag("recherche_accession", "Recherche du logement : accession"),
                _flag("recherche_locatif", "Recherche du logement : locatif"),
                _flag("accompagnement_individuel", "Accompagnement individuel de la famille"),
                _flag("mise_en_service", "Mise en service du logement", former=Former(column="mise_en_service")),
                _flag(
                    "prestation_hors_charte",
                    "Prestation(s) éventuelle(s) hors Charte",
                    former=Former(column="code_prestation_hors_charte", filled=True),
                ),
            ),
        ),
        Dimension(
            name="aides",
            label="Aides",
            reading=Reading.FLAGS,
            modalities=(
                _flag("aide_mobili_pass", "Aide MOBILI-PASS", former=Former(column="aide_mobili_pass")),
                _flag("pret_relais_mobilite", "Prêt relais mobilité", former=Former(column="pret_relais_mobilite")),
                _flag("autre_produit_1pct", "Autre produit du 1 %", former=Former(column="autre_produit_1pct")),
            ),
        ),
    ),
    crosses=(),
    flow=Cross(first="depart", second="arrivee", title="Mobilités de département à département"),
    derived={},
    footnotes=("(1) Dossiers terminés au cours de la période.",),
    series_break="Rupture de série entre 2004 et 2005 : jusqu’à l’exercice 2004, les départements de départ et "
    "d’arrivée et l’accompagnement individuel ne sont pas demandés, et la recherche du logement ne distingue pas "
    "l’accession du locatif.",
)
CASES: Final = (ASSISTANCE_CASES, MOBILITE_CASES)
ITEMS: Final[Mapping[Service, Mapping[str, str]]] = {
    Service.ASA: {
        "ASA1": "L’accueil",
        "ASA2": "Le diagnostic",
        "ASA3": "Les solutions présentées",
        "ASA4": "La réactivité du CIL/CCI",
    },
    Service.MOB: {
        "MOB1": "L’entretien individuel avec la famille",
        "MOB2": "Les logements proposés",
        "MOB3": "L’accompagnement lors de la visite",
        "MOB4": "La mise en service du logement",
    },
}
"""The items of the survey (S1-13)."""
GRADES: Final[Mapping[str, str]] = {
    "nb_tres_satisfait": "très satisfait",
    "nb_satisfait": "satisfait",
    "nb_peu_satisfait": "peu satisfait",
    "nb_pas_satisfait": "pas satisfait",
}
LIST_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    SATISFACTION: ("niveau_ligne", "code_cil", "service", "item", "nb_prestations", "nb_total", *GRADES),
    ACTIVITY: (
        "code_cil",
        "service",
        "nb_contacts_visite",
        "nb_contacts_telephone",
        "nb_contacts_courrier",
        "nb_contacts_courriel",
        "nb_contacts_autre",
        "nb_contacts_total",
        "nb_relations_contractualisees",
        "nb_cas_satisfaction",
        "nb_cas_enquetes",
        "nb_entreprises_touchees",
        "nb_partenaires_contactes",
        "nb_dossiers_sous_traitants",
        "nb_missions_realisees",
        "chiffre_affaires_ht",
        "nb_accords_partenariats",
    ),
    AGREEMENTS: (
        "code_accord",
        "service",
        "statut",
        "partenaire_nom",
        "activite_principale",
        "famille_partenaire",
        "formalise",
        "date_signature",
        "duree_validite_mois",
        "volume_previsionnel",
        "volume_unite",
        "objet",
        "champ",
        "modalites_application",
    ),
    INCIDENTS: ("numero_incident", "service", "famille_partenaire", "nature", "gravite"),
}
"""What is read of a record; the rest (« modalités financières », descriptions) never leaves the database."""
