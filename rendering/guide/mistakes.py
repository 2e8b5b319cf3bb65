"""What goes wrong most often, and how to mend it: each mistake says to which collections it can happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from domain.periods import Period, Periodicity
from rendering.french import period_name, say
from rendering.guide.examples import example_sender
from schemas.collection import Collection
from schemas.columns import Column, Kind


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """`seen`: what the depositor sees. `mend`: what to do. `codes`: the rules that say so in an answer."""

    seen: str
    mend: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Known:
    seen: str
    mend: str
    codes: tuple[str, ...] = ()
    when: Callable[[Collection], bool] = lambda _: True


def mistakes(collection: Collection, period: Period) -> tuple[Mistake, ...]:
    """The collection's own first, then those of its kinds of column, then those of any file."""
    own = tuple(Mistake(seen=say(seen), mend=say(mend)) for seen, mend in collection.frequent_mistakes.items())
    words = {
        "code": collection.code,
        "period": period.code,
        "name": period_name(period),
        "former": period_name(period.preceding),
        "sender": example_sender(collection),
        "zeros": _label(collection, _padded),
        "first_code": _first_code(collection),
        "shortened": _first_code(collection).removeprefix("0"),
        "total": collection.total_labels[0] if collection.total_labels else "TOTAL",
    }
    general = (
        Mistake(seen=say(one.seen, **words), mend=say(one.mend, **words), codes=one.codes)
        for one in _KNOWN
        if one.when(collection)
    )
    return (*own, *general)


def _has(*kinds: Kind) -> Callable[[Collection], bool]:
    return lambda collection: any(column.kind in kinds for column in collection.columns)


def _padded(column: Column) -> bool:
    return column.code_width is not None


def _member_once(collection: Collection) -> bool:
    """Whether a CIL/CCI may have one line only."""
    member = collection.member_column
    return member is not None and collection.key == (member.name,)


def _label(collection: Collection, wanted: Callable[[Column], bool]) -> str:
    return next((column.label for column in collection.columns if wanted(column)), "")


def _first_code(collection: Collection) -> str:
    if any(column.kind is Kind.POSTAL for column in collection.columns):
        return "01000"
    codes = next((column.codes for column in collection.columns if _padded(column) and column.codes), None)
    return next((code for code in codes or () if code.startswith("0")), "01")


def _loses_zeros(collection: Collection) -> bool:
    return any(_padded(column) for column in collection.columns)


def _lines_expected(collection: Collection) -> bool:
    return collection.expected_lines


def _free(collection: Collection) -> bool:
    return any(column.free_text for column in collection.columns)


def _totals(collection: Collection) -> bool:
    return bool(collection.total_labels)


def _quarterly(collection: Collection) -> bool:
    return collection.periodicity is Periodicity.QUARTER


def _persons(collection: Collection) -> bool:
    return collection.cases


_KNOWN: Final = (
    _Known(
        seen="Une ligne attendue manque.",
        mend="Chaque adhérent a sa ligne, même sans activité : mettez alors 0 partout. Seul celui qui a confié le "
        "service à un autre pour toute la période n'en a pas. Pour aucune activité nulle part, déposez NEANT.",
        when=_lines_expected,
    ),
    _Known(
        seen="Un CIL/CCI d'une autre Plate-forme est dans le tableau.",
        mend="La période appartient en entier à la Plate-forme de son dernier jour. Retirez la ligne ; si c'est "
        "l'annuaire qui se trompe, écrivez à l'UESL.",
        when=_lines_expected,
    ),
    _Known(
        seen="Le même CIL/CCI est sur deux lignes.",
        mend="Gardez une seule ligne, avec la somme des deux.",
        codes=("G-09",),
        when=_member_once,
    ),
    _Known(
        seen="Le nom du CIL/CCI n'est pas reconnu.",
        mend="Donnez son code, ou son nom exactement comme dans l'annuaire. La réponse propose les plus proches.",
        codes=("G-11",),
        when=_has(Kind.MEMBER),
    ),
    _Known(
        seen="« n.c. », « - », « ? » ou « env. 12 » à la place d'un nombre.",
        mend="Écrivez le nombre, en chiffres et rien d'autre. Un nombre inconnu n'est pas 0 : demandez-le, et laissez "
        "la case vide en attendant.",
        codes=("G-10",),
        when=_has(Kind.COUNT, Kind.AMOUNT),
    ),
    _Known(
        seen="Un montant en milliers (« 12 k€ »), ou un nombre comme 123,000.",
        mend="Écrivez le montant entier, en euros : 12000 ou 12 000,50. La virgule et le point conviennent pour les "
        "centimes ; l'espace convient pour les milliers.",
        codes=("G-10", "G-26"),
        when=_has(Kind.AMOUNT),
    ),
    _Known(
        seen="Un nombre comme 12,5 ou 1,250 là où l'on compte des unités.",
        mend="Écrivez un nombre entier, sans virgule : 12, ou 1 250.",
        codes=("G-10",),
        when=_has(Kind.COUNT),
    ),
    _Known(
        seen="Le tableur a enlevé le zéro de tête ({first_code} est devenu {shortened}) dans « {zeros} ».",
        mend="Le guichet le rétablit et vous le signale. Pour l'éviter, donnez à la colonne le format Texte.",
        codes=("G-19",),
        when=_loses_zeros,
    ),
    _Known(
        seen="Une date comme 3/4/05, ou devenue un nombre.",
        mend="Donnez à la colonne le format Date, ou écrivez 03/04/2005 ou 2005-04-03.",
        codes=("G-10",),
        when=_has(Kind.DATE),
    ),
    _Known(
        seen="Un texte copié d'un courriel ou d'une page contient des caractères invisibles.",
        mend="Le guichet les retire et vous le signale. Rien à faire si le texte visible est le vôtre.",
        codes=("G-25",),
        when=_free,
    ),
    _Known(
        seen="Les chiffres ont glissé d'une colonne.",
        mend="Chaque chiffre doit être sous son titre. Vérifiez qu'aucune cellule n'a été insérée ou supprimée, et que "
        "les cellules ne sont pas fusionnées. L'ordre des colonnes, lui, est libre.",
        codes=("G-10", "G-11"),
    ),
    _Known(
        seen="Une colonne n'est pas reconnue, ou elle manque.",
        mend="Reprenez les titres de cette page. Majuscules, accents, espaces et renvois comme (1) ne comptent pas.",
        codes=("G-06", "G-07"),
    ),
    _Known(
        seen="Le tableau donne le cumul depuis janvier au lieu du trimestre.",
        mend="Donnez le trimestre seul : le guichet calcule les cumuls.",
        codes=("G-06",),
        when=_quarterly,
    ),
    _Known(
        seen="La ligne « {total} » ne tombe pas juste.",
        mend="Elle est facultative et toujours recalculée. Une différence est signalée : c'est souvent une ligne "
        "oubliée, ou une ligne filtrée.",
        when=_totals,
    ),
    _Known(
        seen="Le fichier est celui de la période précédente ({former}).",
        mend="Vérifiez la période dans le nom, dans le titre et dans les colonnes Année et Trimestre : elles doivent "
        "toutes dire {name}.",
        codes=("G-04", "G-20"),
        when=_quarterly,
    ),
    _Known(
        seen="Le nom du fichier ne dit pas la période : « {code} mars.xlsx ».",
        mend="Nommez-le {code}_{period}.xlsx.",
        codes=("G-01",),
    ),
    _Known(
        seen="Le nom porte le code d'un autre organisme.",
        mend="Enlevez ce code du nom : votre compte dit déjà qui dépose.",
        codes=("G-02",),
    ),
    _Known(
        seen="La bonne feuille est masquée, ou deux feuilles se ressemblent.",
        mend="Les feuilles masquées ne sont pas lues. Gardez une seule feuille visible par collecte.",
        codes=("G-01", "G-22"),
    ),
    _Known(
        seen="Des formules n'ont pas de résultat.",
        mend="Ouvrez le fichier dans Excel ou LibreOffice, laissez-le calculer, enregistrez, puis déposez. Corrigez "
        "les cellules qui montrent #REF! ou #DIV/0!.",
        codes=("G-10",),
    ),
    _Known(
        seen="Un PDF, un document Word, un dossier compressé, un classeur avec mot de passe.",
        mend="Déposez le tableau lui-même, en XLSX, XLS, ODS ou CSV, sans mot de passe.",
        codes=("G-05",),
    ),
    _Known(
        seen="Une colonne de noms, de téléphones ou de remarques sur des personnes.",
        mend="Retirez-la avant de déposer : le fichier entier serait détruit.",
        codes=("G-12",),
    ),
    _Known(
        seen="Une colonne ajoutée pour votre usage.",
        mend="Parmi des dossiers, une colonne inconnue bloque tout le fichier : retirez-la.",
        codes=("G-07", "G-12"),
        when=_persons,
    ),
)
