"""What an answer says, sentence by sentence."""

from dataclasses import replace

import pytest

from domain.compliance import ComplianceStatus
from domain.findings import Severity
from domain.outcome import DeadlineView
from domain.periods import Period
from domain.submissions import Box
from domain.verdicts import Verdict
from rendering.answer import verdict_document
from rendering.view import finding_from, view_of

EARLIER = "20050412-090300-aaaaaa"
N, NN = "\u00a0", "\u202f"


@pytest.fixture
def view(sample):
    def make(verdict, findings=(), **values):
        return view_of(verdict_document(sample.one(verdict, findings, **values), sample.zone, sample.known))

    return make


def deadline(sample, status, margin_days=12):
    return DeadlineView(due_at=sample.due, status=status, margin_days=margin_days)


def test_accepted_says_so_and_asks_for_nothing(view):
    told = view(Verdict.ACCEPTED, records_accepted=14, records_rejected=0)
    assert told.headline == f"Votre dépôt est accepté{N}: 14{N}lignes chargées."
    assert told.actions == ("Rien à faire.",)
    assert told.sections[0].standing == "Ce dépôt est en vigueur."
    assert told.sections[0].deadline == (
        f"Échéance{N}: samedi 30 avril 2005 à 23{N}h{N}59 – déposé dans les délais, avec 12{N}jours d’avance."
    )


def test_what_is_replaced_is_named_by_its_date(view):
    assert view(Verdict.ACCEPTED, replaces=EARLIER).sections[0].standing == (
        f"Ce dépôt est en vigueur{NN}; il remplace celui du 12/04/2005 à 9{N}h{N}03 (n°{N}{EARLIER})."
    )


def test_warnings_are_a_question(view, sample):
    told = view(Verdict.ACCEPTED_WITH_WARNINGS, [sample.finding(severity=Severity.WARNING)], records_accepted=14)
    assert told.headline == f"Votre dépôt est accepté (14{N}lignes chargées){NN}; 1{N}point est à confirmer."


def test_a_partial_deposit_counts_what_is_refused_and_what_is_missing(view, sample):
    told = view(
        Verdict.PARTIALLY_ACCEPTED,
        [sample.finding()],
        missing_lines=("CIL004", "CIL005"),
        deadline=deadline(sample, ComplianceStatus.INCOMPLETE),
    )
    assert told.headline == (
        f"Votre dépôt est accepté en partie{N}: 13{N}lignes chargées, 1{N}ligne refusée, 2{N}lignes attendues manquent."
    )
    assert told.actions == (
        (
            "Corrigez la ligne refusée et ajoutez les lignes manquantes dans votre fichier, puis déposez-le de "
            f"nouveau, en entier (ou ne déposez que le fichier «{N}a_corriger{N}»), avant le samedi 30 avril 2005 à "
            f"23{N}h{N}59 (il reste 12{N}jours)."
        ),
    )


def test_a_partial_deposit_never_takes_the_place_of_a_complete_one(view):
    told = view(Verdict.PARTIALLY_ACCEPTED, in_force=False, stays=EARLIER)
    assert told.sections[0].standing == (
        f"Votre dépôt du 12/04/2005 à 9{N}h{N}03 (n°{N}{EARLIER}) reste en vigueur{N}: un dépôt partiel ne remplace "
        "jamais un dépôt complet."
    )
    assert told.headline == (
        f"Votre dépôt est accepté en partie (13{N}lignes justes, 1{N}ligne refusée), mais un dépôt complet reste en "
        "vigueur."
    )


def test_lines_to_mend_come_before_the_register(view, sample):
    told = view(Verdict.PARTIALLY_ACCEPTED, [sample.finding()], missing_lines=("CIL004",), register_only=True)
    assert told.actions[0].startswith("Corrigez la ligne refusée et ajoutez la ligne manquante")
    assert "l’annuaire" in told.actions[1]


def test_a_nil_return_that_waits_is_not_shown_as_done(sample):
    outcome = sample.one(Verdict.NIL, nil=True, in_force=False, waits=True, stays=EARLIER)
    told = view_of(verdict_document(outcome, sample.zone, sample.known))
    assert (told.label, told.tone, told.sections[0].tone) == ("État néant en attente", "care", "care")


def test_rejected_changes_nothing(view, sample):
    told = view(Verdict.REJECTED, [sample.finding()], in_force=False)
    assert told.headline == f"Votre dépôt est refusé{N}: rien n’a été enregistré."
    assert told.sections[0].standing == "Ce dépôt ne change rien à ce qui était en vigueur."


def test_a_doublon_cites_the_original(view):
    told = view(Verdict.DUPLICATE, in_force=False, stays=EARLIER)
    assert told.headline == (
        f"Ce fichier est identique à votre dépôt du 12/04/2005 à 9{N}h{N}03 (n°{N}{EARLIER}), qui est en "
        f"vigueur{N}: il n’a pas été chargé une seconde fois."
    )


def test_a_nil_return_over_figures_waits_and_says_why(view):
    told = view(Verdict.NIL, in_force=False, waits=True, stays=EARLIER)
    assert told.label == "État néant en attente"
    assert "parce que des chiffres sont déjà en vigueur" in told.headline
    assert "une seconde fois" in told.actions[0]
    assert "reste en vigueur jusqu’à ce que l’état néant soit déposé une seconde fois." in told.sections[0].standing


def test_destroyed_names_the_law(view):
    told = view(Verdict.DESTROYED, destroy=True, in_force=False)
    assert f"la loi «{N}Informatique et Libertés{N}»" in told.headline
    assert "fichier détruit, contenu non conservé" in told.headline


def test_a_test_speaks_in_the_conditional(view):
    told = view(Verdict.ACCEPTED, box=Box.ESSAI, in_force=False, records_accepted=14)
    assert told.headline == f"Votre dépôt serait accepté{N}: 14{N}lignes chargées."
    assert told.actions == (f"Le fichier est prêt{N}: déposez-le dans «{N}depot{N}».",)
    assert told.sections[0].standing == "Un essai ne change rien à ce qui est en vigueur."


@pytest.mark.parametrize(
    ("status", "margin", "words"),
    [
        (ComplianceStatus.ON_TIME, 0, "déposé le dernier jour, dans les délais"),
        (ComplianceStatus.ON_TIME, -4, "déjà déposé dans les délais"),
        (ComplianceStatus.LATE, -3, f"complet, avec 3{N}jours de retard"),
        (ComplianceStatus.LATE, 0, "complet, avec moins d’un jour de retard"),
        (ComplianceStatus.TO_CORRECT, 12, f"rien d’accepté pour l’instant, il reste 12{N}jours"),
        (ComplianceStatus.WAIVED, 12, "dispense accordée"),
        (None, 12, "cette période précède la mise en service du guichet"),
    ],
)
def test_the_deadline_is_explained(view, sample, status, margin, words):
    assert words in view(Verdict.ACCEPTED, deadline=deadline(sample, status, margin)).sections[0].deadline


def test_why_an_outage_of_ours_moved_the_deadline_is_said(view, sample):
    reason = f"verdict rendu le 02/05/2005 à 9{N}h{N}12"
    moved = replace(deadline(sample, ComplianceStatus.TO_CORRECT), excused_reason=reason)
    told = view(Verdict.REJECTED, deadline=moved, still_owed=[replace(sample.owed(), excused_reason=reason)])
    assert told.sections[0].deadline.endswith(f". Échéance reportée{N}: {reason}.")
    assert told.owed[0].endswith(f" ; échéance reportée{N}: {reason}".replace(" ;", "\u202f;"))


def test_what_is_still_owed_is_listed_with_its_due_date(view, sample):
    told = view(Verdict.ACCEPTED, still_owed=[sample.owed()])
    assert told.owed == (
        (
            f"N1M – Suivi de l’activité du CIL-PASS mobilité, 1er trimestre 2005{N}: à déposer avant le samedi "
            f"30 avril 2005 à 23{N}h{N}59 (il reste 12{N}jours)"
        ),
    )


def test_how_it_was_read_is_said_in_words(view):
    assert dict(view(Verdict.ACCEPTED).reading) == {
        "Format": "CSV (texte)",
        "Codage des caractères": "Windows-1252",
        "Séparateur": "point-virgule",
        "Titres de colonnes": "ligne 4",
        "Règles appliquées": "1.0+abc",
    }


def test_what_depends_on_the_register_alone_can_be_mended_there(view, sample):
    told = view(Verdict.REJECTED, [sample.finding()], in_force=False, register_only=True)
    assert "jugé de nouveau, à sa date de réception" in told.actions[-1]


def test_sections_that_differ_are_told_apart(sample):
    good = sample.weighed(sample.section(Verdict.ACCEPTED))
    bad = sample.weighed(
        sample.section(
            Verdict.REJECTED, [sample.finding()], collection="N1M", period=Period(2005, 1), sheet="Mobilité"
        ),
        in_force=False,
    )
    told = view_of(verdict_document(sample.outcome(good, bad), sample.zone, sample.known))
    assert told.label == "Accepté en partie"
    assert told.headline == f"Votre dépôt (2{N}parties) est accepté en partie seulement."
    assert told.actions[0].startswith(f"N1M{N}: Corrigez")
    assert told.sections[1].title.endswith(f"1er trimestre 2005 (feuille «{N}Mobilité{N}»)")


def test_a_capped_list_says_how_many_there_are(view, sample):
    told = view(
        Verdict.REJECTED,
        [sample.finding()],
        in_force=False,
        findings_truncated=True,
        finding_counts={"blocking": 0, "error": 12_000, "warning": 0, "info": 0},
    )
    assert f"La liste s’arrête à 1{N}constat" in told.sections[0].truncated
    assert f"12{NN}000" in told.sections[0].truncated


def test_a_finding_comes_back_from_its_document(sample):
    finding = sample.finding(cause="signe")
    document = verdict_document(sample.one(Verdict.REJECTED, [finding]), sample.zone)
    assert finding_from(document["sections"][0]["findings"][0]) == finding
