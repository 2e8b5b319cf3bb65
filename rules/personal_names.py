"""Names of persons told from names of organisations, places and labels of lists (G-12; S2-17). Keeps no value.

The lists are of the most given first names and the most borne surnames of France: they tell a name where a code or a
number is expected. A rare name alone, without a civility, is not told: see docs/explanation/anonymity.md.
"""

from __future__ import annotations

import re
from collections.abc import Container

from domain.text import fold

__all__ = ["FIRST_NAMES", "ORGANISATION_WORDS", "SURNAMES", "is_name", "names_in", "words_of"]


def words_of(text: str) -> frozenset[str]:
    """The words of a list, set out as a text."""
    return frozenset(text.split())


FIRST_NAMES = words_of(
    """
    adele adrien agathe agnes aicha alain albert alexandra alexandre alexis ali alice aline amandine amelie ana anais
    andre andree angele angelique anna anne annick annie anthony antoine antonio arlette armand arnaud arthur audrey
    augustin aurelie aurelien axel bastien beatrice benedicte benjamin benoit bernadette bernard bertrand blandine
    brigitte bruno camille carine carole caroline catherine cecile cedric celia celine chantal charlene charles
    charlotte chloe christelle christian christiane christine christophe claire clara claude claudette claudine
    clemence clement colette corinne cyril cyrille damien daniel daniele danielle david deborah delphine denis denise
    didier dominique dorothee edith edouard eliane elisabeth elise elodie emile emilie emma emmanuel emmanuelle eric
    estelle esther etienne eugene evelyne fabien fabienne fabrice farid fatiha fatima fatma fernand fernande florence
    florian francine francis francois francoise franck frederic frederique gabriel gabrielle gaelle gaetan genevieve
    georges georgette gerald gerard germaine gilbert gilberte gilles ginette gisele gregory guillaume guy gwenaelle
    hassan helene henri henriette herve hubert hugo hugues huguette ingrid irene isabelle jacqueline jacques jamila
    jean jeanne jeannine jennifer jeremy jerome jessica joel joelle johan jonathan jose josette joseph josephine
    josiane julia julie julien juliette karim karine kevin khadija laetitia laura laure laurence laurent lea leila
    leon liliane lionel louis louise luc lucas lucette lucie lucien lucienne ludovic lydia lydie madeleine magali
    malika manon manuel marc marcel marcelle margaux marguerite maria marie marine marion marius martine maryse
    mathieu mathilde matthieu maud maurice maxime melanie melissa michel micheline michele mickael mireille mohamed
    mohammed monique morgane muriel mustapha myriam nadia nadine nathalie nicolas nicole noel noemie odette odile
    olivier pascal pascale patrice patricia patrick paul paule paulette pauline philippe pierre pierrette quentin
    rachel rachid raphael raymond raymonde regine regis rejane remi remy renaud rene renee richard robert roger roland
    rolande romain romuald samia samir samuel sandra sandrine sarah sebastien serge severine simon simone solange
    sonia sophie stephane stephanie suzanne sylvain sylvie tatiana theo therese thierry thomas tristan valentin
    valerie vanessa veronique victoire vincent virginie viviane william xavier yacine yann yannick yasmina yolande
    youssef yves yvette yvonne zohra
    """
)
SURNAMES = words_of(
    """
    adam andre antoine arnaud aubert aubry barbier baron barre benoit berger bernard bertrand besson blanchard bonnet
    bouchet boucher bourgeois bouvier boyer breton brun brunet caron carpentier charles charpentier chevalier clement
    colin collet cordier cousin daniel david delaunay delmas denis deschamps dubois dufour dumas dumont dupont dupuis
    dupuy durand duval etienne fabre faure fernandez fleury fontaine fournier francois gaillard garcia garnier
    gauthier gautier gerard gillet girard giraud gonzalez grondin guerin guillaume guillot henry hubert huet humbert
    jacob jacquet jean joly julien klein lacroix laine lambert langlois laurent leblanc lebrun leclerc leclercq
    lecomte lefebvre lefevre legrand lemaire lemaitre lemoine lenoir leroux leroy leveque lopez lucas mallet marchand
    marechal marie martin martinez martins masson mathieu menard mercier meunier meyer michel millet monnier moreau
    morel morin moulin muller nguyen nicolas noel olivier pelletier pereira perez perret perrin perrot philippe
    picard pierre poirier pons prevost rault renard renaud renault rey richard riviere robert robin roche rodriguez
    roger rolland rousseau roussel roux roy royer sanchez schmitt schneider simon tessier thomas vasseur vidal
    vincent weber
    """
)
ORGANISATION_WORDS = words_of(
    """
    cil cci chambre comite association uesl gie sa sarl sas sci union groupe groupement office mairie plate plateforme
    logement habitat entreprise entreprises societe interprofessionnel interprofessionnelle patronal amicale federation
    total hlm opac oph esh sem caf ccas dde dass banque agence foyer fondation residence centre maison caisse mutuelle
    ecole lycee college hopital clinique mission service services bailleur syndicat conseil prefecture commune ville
    """
)
_PLACES = words_of(
    """
    rue avenue av boulevard bd place quai cours square allee allees impasse chemin route passage cite quartier stade
    saint sainte st ste pont port gare metro espace salle parc zone zac zi ilot tour batiment immeuble fort mont
    """
)
"""A first name after one of these is a place's."""
_FUNCTIONS = words_of(
    """
    directeur directrice president presidente maire prefet prefete responsable ministre delegue deleguee gerant gerante
    secretaire tresorier chef juge procureur commissaire conseiller conseillere assistant assistante tuteur tutrice
    demandeur demandeuse salarie salariee locataire proprietaire beneficiaire interesse interessee x xx xxx y z untel
    """
)
"""« Monsieur le Directeur », « Madame X » name nobody."""
_LINKS = frozenset(("de", "du", "des", "la", "le", "les", "l", "d", "et", "veuve", "nee", "ne", "epouse", "ep"))

_CIVIL = re.compile(
    r"(?<![^\W_])(?:M\.|Mr\.?|MM\.|Mme\.?|Mmes|Mlle\.?|Melle|Monsieur|Madame|Mademoiselle|MONSIEUR|MADAME|"
    r"MADEMOISELLE|MME|MLLE|MR|mme|mlle|monsieur|madame|(?<![0-9] )M(?= [A-ZÀ-Ý][A-Za-zÀ-ÿ]{2}))"
    r"[\s\u00a0\u202f]+((?:(?:[dDlL]['’]|[dD]e |[dD]u |[dD]es |[lL]a |[lL]e |et (?:Mme|M\.|Madame|Monsieur) )*)"
    r"[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ'’\-]+)",
)
_PAIR = re.compile(
    r"(?<![\w'’\-])([A-ZÀ-Ý][A-Za-zÀ-ÿ]+(?:-[A-ZÀ-Ý][A-Za-zÀ-ÿ]+)?)"
    r"(?=[\s\u00a0]+([A-ZÀ-Ý][A-Za-zÀ-ÿ'’\-]+))"
)
_WORD = re.compile(r"[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ'’\-]*\.?")
_NOT_IN_A_NAME = re.compile(r"[0-9@€%+=<>:;]")
_MOST_WORDS, _SHORTEST = 5, 2


def names_in(text: str, known: Container[str] = frozenset()) -> bool:
    """Whether somebody is named in a longer text: « Mme Durand », « Paul DURAND », « DURAND Paul ».

    `known`: folded names of organisations: « Jean Moulin » names no person where a CIL bears that name.
    """
    return any(_named(match[1]) for match in _CIVIL.finditer(text)) or any(
        _is_pair(text, match, known) for match in _PAIR.finditer(text)
    )


def _named(words: str) -> bool:
    """What follows a civility: a name of two letters or more, not a function."""
    telling = [word for word in fold(words).split() if word not in _LINKS]
    return bool(telling) and len(telling[-1]) >= _SHORTEST and not _FUNCTIONS.intersection(telling)


def _is_pair(text: str, match: re.Match[str], known: Container[str]) -> bool:
    first, second = fold(match[1]), fold(match[2])
    if f"{first} {second}" in known or {first, *second.split()} & (ORGANISATION_WORDS | _PLACES):
        return False
    before = _WORD.findall(text[max(0, match.start() - 30) : match.start()])
    if before and set(fold(" ".join(before[-2:])).split()) & (ORGANISATION_WORDS | _PLACES):
        return False
    given = first if _given(first) else second if _given(second) else ""
    other, shown = (second, match[2]) if given == first else (first, match[1])
    if not given or len(other) <= _SHORTEST:
        return False
    return other in SURNAMES or other in FIRST_NAMES or shown.isupper() or given == first


def _given(folded: str) -> bool:
    return bool(folded) and all(part in FIRST_NAMES for part in folded.split())


def is_name(text: str, known: Container[str] = frozenset()) -> bool:
    """Whether a whole cell is somebody's name; for a cell where a code, a number or yes or no is expected."""
    words = fold(text).split()
    if not words or len(words) > _MOST_WORDS or _NOT_IN_A_NAME.search(text):
        return False
    if " ".join(words) in known or ORGANISATION_WORDS.intersection(words):
        return False
    if names_in(text, known):
        return True
    telling = [word for word in words if word not in _LINKS and len(word) > 1]
    if len(telling) == 1:
        return telling[0] in SURNAMES or telling[0] in FIRST_NAMES
    return any(word in FIRST_NAMES for word in telling) and not _PLACES.intersection(words)
