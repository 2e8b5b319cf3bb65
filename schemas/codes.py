"""Code lists (C0-12): départements and régions, as they stood for the years reported."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = [
    "DEPARTEMENTS",
    "PCS",
    "REGIONS_2005",
    "REGIONS_2016",
    "REGION_REFORM_YEAR",
    "department_of_postcode",
    "department_rank",
    "region_of",
]

DEPARTEMENTS: Mapping[str, str] = {
    "01": "Ain",
    "02": "Aisne",
    "03": "Allier",
    "04": "Alpes-de-Haute-Provence",
    "05": "Hautes-Alpes",
    "06": "Alpes-Maritimes",
    "07": "Ardèche",
    "08": "Ardennes",
    "09": "Ariège",
    "10": "Aube",
    "11": "Aude",
    "12": "Aveyron",
    "13": "Bouches-du-Rhône",
    "14": "Calvados",
    "15": "Cantal",
    "16": "Charente",
    "17": "Charente-Maritime",
    "18": "Cher",
    "19": "Corrèze",
    "2A": "Corse-du-Sud",
    "2B": "Haute-Corse",
    "21": "Côte-d’Or",
    "22": "Côtes-d’Armor",
    "23": "Creuse",
    "24": "Dordogne",
    "25": "Doubs",
    "26": "Drôme",
    "27": "Eure",
    "28": "Eure-et-Loir",
    "29": "Finistère",
    "30": "Gard",
    "31": "Haute-Garonne",
    "32": "Gers",
    "33": "Gironde",
    "34": "Hérault",
    "35": "Ille-et-Vilaine",
    "36": "Indre",
    "37": "Indre-et-Loire",
    "38": "Isère",
    "39": "Jura",
    "40": "Landes",
    "41": "Loir-et-Cher",
    "42": "Loire",
    "43": "Haute-Loire",
    "44": "Loire-Atlantique",
    "45": "Loiret",
    "46": "Lot",
    "47": "Lot-et-Garonne",
    "48": "Lozère",
    "49": "Maine-et-Loire",
    "50": "Manche",
    "51": "Marne",
    "52": "Haute-Marne",
    "53": "Mayenne",
    "54": "Meurthe-et-Moselle",
    "55": "Meuse",
    "56": "Morbihan",
    "57": "Moselle",
    "58": "Nièvre",
    "59": "Nord",
    "60": "Oise",
    "61": "Orne",
    "62": "Pas-de-Calais",
    "63": "Puy-de-Dôme",
    "64": "Pyrénées-Atlantiques",
    "65": "Hautes-Pyrénées",
    "66": "Pyrénées-Orientales",
    "67": "Bas-Rhin",
    "68": "Haut-Rhin",
    "69": "Rhône",
    "70": "Haute-Saône",
    "71": "Saône-et-Loire",
    "72": "Sarthe",
    "73": "Savoie",
    "74": "Haute-Savoie",
    "75": "Paris",
    "76": "Seine-Maritime",
    "77": "Seine-et-Marne",
    "78": "Yvelines",
    "79": "Deux-Sèvres",
    "80": "Somme",
    "81": "Tarn",
    "82": "Tarn-et-Garonne",
    "83": "Var",
    "84": "Vaucluse",
    "85": "Vendée",
    "86": "Vienne",
    "87": "Haute-Vienne",
    "88": "Vosges",
    "89": "Yonne",
    "90": "Territoire de Belfort",
    "91": "Essonne",
    "92": "Hauts-de-Seine",
    "93": "Seine-Saint-Denis",
    "94": "Val-de-Marne",
    "95": "Val-d’Oise",
    "971": "Guadeloupe",
    "972": "Martinique",
    "973": "Guyane",
    "974": "Réunion",
    "976": "Mayotte",
}
"""Code → name, in the order of the official tables (2A and 2B between 19 and 21). 976 exists from 2011."""

REGIONS_2005: Mapping[str, tuple[str, ...]] = {
    "Alsace": ("67", "68"),
    "Aquitaine": ("24", "33", "40", "47", "64"),
    "Auvergne": ("03", "15", "43", "63"),
    "Basse-Normandie": ("14", "50", "61"),
    "Bourgogne": ("21", "58", "71", "89"),
    "Bretagne": ("22", "29", "35", "56"),
    "Centre": ("18", "28", "36", "37", "41", "45"),
    "Champagne-Ardenne": ("08", "10", "51", "52"),
    "Corse": ("2A", "2B"),
    "Franche-Comté": ("25", "39", "70", "90"),
    "Haute-Normandie": ("27", "76"),
    "Ile-de-France": ("75", "77", "78", "91", "92", "93", "94", "95"),
    "Languedoc-Roussillon": ("11", "30", "34", "48", "66"),
    "Limousin": ("19", "23", "87"),
    "Lorraine": ("54", "55", "57", "88"),
    "Midi-Pyrénées": ("09", "12", "31", "32", "46", "65", "81", "82"),
    "Nord-Pas-de-Calais": ("59", "62"),
    "Pays de la Loire": ("44", "49", "53", "72", "85"),
    "Picardie": ("02", "60", "80"),
    "Poitou-Charentes": ("16", "17", "79", "86"),
    "Provence-Alpes-Côte d’Azur": ("04", "05", "06", "13", "83", "84"),
    "Rhône-Alpes": ("01", "07", "26", "38", "42", "69", "73", "74"),
    "Guadeloupe": ("971",),
    "Guyane": ("973",),
    "Martinique": ("972",),
    "Réunion": ("974",),
    "Mayotte": ("976",),
}
"""The régions of 2005 and their départements (C0-12)."""

_MERGED_IN_2016 = {
    "Grand Est": ("Alsace", "Champagne-Ardenne", "Lorraine"),
    "Nouvelle-Aquitaine": ("Aquitaine", "Limousin", "Poitou-Charentes"),
    "Auvergne-Rhône-Alpes": ("Auvergne", "Rhône-Alpes"),
    "Normandie": ("Basse-Normandie", "Haute-Normandie"),
    "Bourgogne-Franche-Comté": ("Bourgogne", "Franche-Comté"),
    "Centre-Val de Loire": ("Centre",),
    "Occitanie": ("Languedoc-Roussillon", "Midi-Pyrénées"),
    "Hauts-de-France": ("Nord-Pas-de-Calais", "Picardie"),
}
_UNCHANGED = tuple(name for name in REGIONS_2005 if not any(name in parts for parts in _MERGED_IN_2016.values()))

REGIONS_2016: Mapping[str, tuple[str, ...]] = {
    **{name: tuple(sorted(sum((REGIONS_2005[part] for part in parts), ()))) for name, parts in _MERGED_IN_2016.items()},
    **{name: REGIONS_2005[name] for name in _UNCHANGED},
}
"""The régions since 1 January 2016."""

REGION_REFORM_YEAR = 2016
_OLD = {code: region for region, codes in REGIONS_2005.items() for code in codes}
_NEW = {code: region for region, codes in REGIONS_2016.items() for code in codes}
_RANKS = {code: rank for rank, code in enumerate(DEPARTEMENTS)}


def region_of(departement: str, year: int) -> str | None:
    """The région of a département as it stood in `year`; None for an unknown code."""
    return (_NEW if year >= REGION_REFORM_YEAR else _OLD).get(departement)


def department_rank(departement: str) -> int:
    """Where a département stands in the official order; unknown codes come last."""
    return _RANKS.get(departement, len(_RANKS))


PCS: Mapping[str, str] = {
    "1": "Agriculteurs exploitants",
    "2": "Artisans, commerçants et chefs d’entreprise",
    "3": "Cadres et professions intellectuelles supérieures",
    "4": "Professions intermédiaires",
    "5": "Employés",
    "6": "Ouvriers",
    "7": "Retraités",
    "8": "Autres personnes sans activité professionnelle",
}
"""« Code INSEE à 1 position » (S1-14): the eight groups of the PCS 2003."""

_OVERSEAS = "97"
_MAYOTTE, _MAYOTTE_SINCE = "976", 2011
_CORSICA = {"200": "2A", "201": "2A", "202": "2B", "206": "2B"}
_POSTCODE_LENGTH = 5


def department_of_postcode(code: str, year: int) -> str | None:
    """The département of a postal code, or of a département's code, in `year` (C0-13); None outside them.

    Territories that are no département (975, 98x, Mayotte before 2011) and prefixes that do not exist give None.
    """
    if len(code) == _POSTCODE_LENGTH:
        prefix = code[:3]
        code = prefix if prefix.startswith(_OVERSEAS) else _CORSICA.get(prefix, code[:2])
    if code == _MAYOTTE and year < _MAYOTTE_SINCE:
        return None
    return code if code in DEPARTEMENTS else None
