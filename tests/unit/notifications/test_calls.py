"""What an organisation is told about what it owes: to whom, which part, in which words."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.compliance import ComplianceDates, ComplianceStatus
from domain.notices import Event
from domain.organisations import Adhesion, Contact, Delegation, Organisation, OrganisationType, Role, Service, Span
from domain.periods import Period
from domain.steps import Call, Saying, Step, Trial
from notifications.calls import call_notices
from tests.calling_kit import DUE, at, call, overdue, standing

ASA, MOB, CHIEF, ADMIN = "asa@pf03.example", "mob@pf03.example", "chef@pf03.example", "admin@uesl.example"


def flat(text: str) -> str:
    """On one line, no-break spaces made plain."""
    return " ".join(text.replace("\u00a0", " ").replace("\u202f", " ").split())


@pytest.fixture
def directory(sample):
    return sample.directory(
        ("PF03", ASA, Role.DEPOT, Service.ASA),
        ("PF03", MOB, Role.DEPOT, Service.MOB),
        ("PF03", CHIEF, Role.RESPONSABLE, None),
    )


@pytest.fixture
def notices(sample, directory):
    def make(now, *told, register=directory, **values):
        known = {code: replace(one, expected_lines=not one.cases) for code, one in sample.known.items()}
        given = {"known": known, "reply_to": "pilotage@uesl.example", "admin": ADMIN, **values}
        return call_notices(call(now, *told), register, now, zone=sample.zone, **given)

    return make


def to(notices, address):
    [found] = [one for one in notices if one.recipient == address]
    return found


# -- to whom -----------------------------------------------------------------------------------------------------------


def test_each_contact_reads_only_of_their_service(notices):
    told = notices(at(4, 22), (Step.BEFORE_7, standing("N1A")), (Step.BEFORE_7, standing("N1M")))
    assert [one.recipient for one in told] == [ASA, MOB]
    assert "N1M" not in to(told, ASA).text + to(told, ASA).html + to(told, ASA).subject
    assert "N1A" not in to(told, MOB).text + to(told, MOB).html + to(told, MOB).subject


def test_a_contact_for_both_services_gets_one_message(sample, notices):
    register = sample.directory(("PF03", "d@pf03.example", Role.DEPOT, None))
    [told] = notices(at(4, 22), (Step.BEFORE_7, standing("N1A")), (Step.BEFORE_7, standing("N1M")), register=register)
    assert "N1A" in told.text
    assert "N1M" in told.text


def test_the_same_address_twice_in_the_register_gets_one_message(sample, notices):
    register = sample.directory(
        ("PF03", "D@pf03.example", Role.DEPOT, Service.ASA), ("PF03", "d@pf03.example", Role.DEPOT, Service.MOB)
    )
    [told] = notices(at(4, 22), (Step.BEFORE_7, standing("N1A")), (Step.BEFORE_7, standing("N1M")), register=register)
    assert "N1M" in told.text


@pytest.mark.parametrize("step", [Step.OPENING, Step.BEFORE_15, Step.BEFORE_7, Step.BEFORE_1])
def test_the_responsable_hears_nothing_before_the_due_day(notices, step):
    assert [one.recipient for one in notices(at(4, 15), (step, standing()))] == [ASA]


@pytest.mark.parametrize("step", [Step.AFTER_1, Step.AFTER_7, Step.AFTER_15])
def test_the_responsable_reads_what_is_overdue_and_only_that(notices, step):
    told = notices(at(5, 2, 12), (step, overdue("N1A")), (Step.BEFORE_7, standing("N1M", due_at=at(5, 9))))
    assert [one.recipient for one in told] == [ASA, MOB, CHIEF]
    assert "N1M" not in to(told, CHIEF).text
    assert "vous êtes responsable" in flat(to(told, CHIEF).text)
    assert "responsable" not in to(told, ASA).text
    assert (to(told, MOB).event, to(told, CHIEF).event) == (Event.REMINDER, Event.OVERDUE)


def test_a_responsable_who_deposits_gets_one_message_without_a_reason(sample, notices):
    register = sample.directory(("PF03", CHIEF, Role.DEPOT, None), ("PF03", CHIEF, Role.RESPONSABLE, None))
    [told] = notices(at(5, 2, 12), (Step.AFTER_1, overdue()), register=register)
    assert "responsable" not in told.text


def test_without_a_depot_contact_somebody_who_can_mend_it_is_told_why(sample, notices):
    [told] = notices(
        at(4, 22), (Step.BEFORE_7, standing()), register=sample.directory(("PF03", CHIEF, Role.RESPONSABLE, None))
    )
    assert told.recipient == CHIEF
    assert "aucun correspondant" in flat(told.text)
    [nobody] = notices(at(4, 22), (Step.BEFORE_7, standing()), register=sample.directory())
    assert nobody.recipient == ADMIN


def test_repeated_lateness_is_not_said_here(notices):
    assert notices(at(5, 3, 12), (Step.REPEATED, overdue())) == []


def test_the_same_call_has_the_same_cause_and_another_day_another(notices):
    [first, *_], [again, *_] = (notices(at(4, 22), (Step.BEFORE_7, standing())) for _ in range(2))
    [later, *_] = notices(at(4, 29), (Step.BEFORE_1, standing()))
    assert first.cause_key == again.cause_key == f"call:PF03:2005-04-22:{ASA}"
    assert later.cause_key != first.cause_key


# -- the subject -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "subject"),
    [
        ([(Step.BEFORE_7, standing())], "Rappel J-7 : N1A 1er trimestre 2005 à déposer pour le 30 avril (PF03)"),
        ([(Step.BEFORE_7, standing()), (Step.BEFORE_7, standing("N2A"))],
         "Rappel J-7 : 2 dépôts attendus le 30 avril (PF03)"),
        ([(Step.BEFORE_7, standing()), (Step.BEFORE_1, standing("N2A", due_at=at(4, 24)))],
         "Rappel J-1 : 2 dépôts attendus, d’abord le 24 avril (PF03)"),
        ([(Step.OPENING, standing())], "À déposer pour le 30 avril : N1A 1er trimestre 2005 (PF03)"),
        ([(Step.OPENING, standing()), (Step.OPENING, standing("N2A"))],
         "À déposer pour le 30 avril : N1A et N2A 1er trimestre 2005 (PF03)"),
        ([(Step.OPENING, standing()), (Step.OPENING, standing("N2A", due_at=at(5, 15)))],
         "À déposer, d’abord le 30 avril : N1A et N2A 1er trimestre 2005 (PF03)"),
    ],
)  # fmt: skip
def test_the_subject_tells_what_and_when(notices, told, subject):
    assert flat(to(notices(at(4, 23), *told), ASA).subject) == subject


@pytest.mark.parametrize(
    ("day", "due", "words"),
    [
        (at(5, 1, 12), DUE, "En retard de 1 jour : N1A 1er trimestre 2005 (PF03)"),
        (at(5, 8, 12), DUE, "En retard de 8 jours : N1A 1er trimestre 2005 (PF03)"),
        (at(5, 8, 12), at(5, 8, 9), "En retard : N1A 1er trimestre 2005 (PF03)"),
    ],
)
def test_the_subject_counts_the_days(notices, day, due, words):
    assert flat(notices(day, (Step.AFTER_7, overdue(due_at=due)))[0].subject) == words


def test_the_subject_of_several_late_deposits_tells_the_longest(notices):
    told = notices(
        at(5, 8, 12), (Step.AFTER_1, overdue("N2A", due_at=at(5, 7))), (Step.AFTER_7, overdue()),
        (Step.OPENING, standing(period=Period(2005, 2))),
    )  # fmt: skip
    expected = "En retard, jusqu’à 8 jours : N1A et N2A 1er trimestre 2005, et 1 autre (PF03)"
    assert flat(to(told, ASA).subject) == expected


def test_a_long_subject_counts_instead_of_being_cut(notices):
    late = [(Step.AFTER_15, overdue(period=Period(year, 1))) for year in range(2003, 2006)]
    long = [(Step.OPENING, standing(period=Period(2006, quarter))) for quarter in (1, 2)]
    for one in notices(at(5, 20, 12), *late, *long):
        assert len(one.subject) < 78
        assert "…" not in one.subject


def test_a_subject_that_named_its_collections_would_be_too_long(sample, notices):
    who = replace(sample.organisation, code="PLATEFORME-DU-GRAND-OUEST")
    register = replace(
        sample.directory(),
        organisations=(who,),
        contacts=(Contact(organisation=who.code, courriel=ASA, nom="", role=Role.DEPOT),),
    )
    told = [(Step.AFTER_15, overdue(code, organisation=who.code)) for code in ("N1A", "N1M", "N2A")]
    [one] = notices(at(5, 20, 12), *told, register=register)
    assert flat(one.subject).startswith("En retard de 20 jours : 3 dépôts (PLATE")
    assert len(one.subject) < 78


def test_a_due_day_that_is_today_is_the_last_day(notices):
    [told] = notices(at(4, 30), (Step.BEFORE_1, standing()))
    assert flat(told.subject).startswith("Rappel du dernier jour : ")
    assert "c’est aujourd’hui" in flat(told.text)


# -- what is said ------------------------------------------------------------------------------------------------------


def test_what_to_do_and_by_when_come_first(notices):
    [told] = notices(at(4, 22), (Step.BEFORE_7, standing()))
    first = flat(told.text.split("\n\n")[0])
    assert first == (
        "! IL RESTE 8 JOURS N1A 1er trimestre 2005 est à déposer au plus tard le samedi 30 avril 2005, 23 h 59."
    )
    assert "→ Déposez N1A_PF03_2005T1.xlsx dans depot/." in flat(told.text)


def test_nothing_received_says_so(notices):
    [told] = notices(at(4, 22), (Step.BEFORE_7, standing()))
    assert "Rien n’a été reçu." in flat(told.text)
    assert "NEANT" in told.text


@pytest.mark.parametrize("status", [ComplianceStatus.TO_CORRECT, ComplianceStatus.OVERDUE])
def test_a_rejected_deposit_is_to_be_corrected_before_and_after_the_due_day(notices, status):
    dates = ComplianceDates(first_received_at=at(4, 28, 17))
    step = Step.BEFORE_1 if status is ComplianceStatus.TO_CORRECT else Step.AFTER_1
    [told, *_] = notices(at(4, 29), (step, standing(status=status, dates=dates)))
    assert "à corriger" in flat(told.subject + told.text)
    assert "Refusé : ce qui a été déposé (d’abord le 28 avril) n’est pas enregistré." in flat(told.text)
    assert "Rien n’a été reçu" not in flat(told.text)
    assert "NEANT" not in told.text


def test_an_incomplete_deposit_names_the_lines_that_lack(directory, notices):
    members = (
        Organisation(code="CIL020", type=OrganisationType.CIL, nom="CIL <b>Rive</b> {droite}", departement="75"),
        Organisation(code="CIL010", type=OrganisationType.CIL, nom="CIL Flandre", departement="59"),
    )
    register = replace(directory, organisations=(*directory.organisations, *members))
    lacking = standing(
        status=ComplianceStatus.INCOMPLETE,
        dates=ComplianceDates(first_received_at=at(4, 12), first_accepted_at=at(4, 14)),
        missing_lines=("CIL020", "CIL010", "CIL099"),
    )
    [told] = notices(at(4, 22), (Step.BEFORE_7, lacking), register=register)
    text = flat(told.text)
    assert "Reçu le 14 avril, mais il manque 3 lignes : " in text
    assert "CIL020 CIL <b>Rive</b> {droite}" in text
    assert "CIL099" in text
    assert "<b>Rive" not in told.html
    assert "Ajoutez les lignes qui manquent" in text
    assert "à compléter" in flat(told.subject)


def test_one_missing_line_is_singular(notices):
    lacking = standing(status=ComplianceStatus.INCOMPLETE, missing_lines=("CIL020",))
    text = flat(notices(at(4, 22), (Step.BEFORE_7, lacking))[0].text)
    assert "il manque 1 ligne : CIL020" in text
    assert "Ajoutez la ligne qui manque" in text


def test_an_incomplete_deposit_without_a_missing_line_points_to_the_answer(notices):
    told = notices(at(4, 22), (Step.BEFORE_7, standing(status=ComplianceStatus.INCOMPLETE)))[0]
    assert "la dernière réponse, dans retours/, dit ce qui manque" in flat(told.text)


def test_many_missing_lines_are_counted(notices):
    codes = tuple(f"CIL{number:03}" for number in range(45))
    told = notices(at(4, 22), (Step.BEFORE_7, standing(status=ComplianceStatus.INCOMPLETE, missing_lines=codes)))[0]
    assert "il manque 45 lignes" in flat(told.text)
    assert "et 5 autres." in flat(told.text)


def test_a_good_trial_is_recalled_with_its_day_and_its_name_made_harmless(notices):
    trial = Trial(submission_id="x", file_name="N1A<script>\u202e.csv\n", received_at=at(4, 12))
    told = notices(at(4, 29), (Step.BEFORE_1, standing(trial=trial)))[0]
    text = flat(told.text)
    assert "Votre essai du 12 avril était bon (« N1A<script>\\u202e.csv\\n ») : il ne compte pas" in text
    assert "Déposez dans depot/ le fichier de votre essai." in text
    assert "<script>" not in told.html
    assert "\u202e" not in told.html + told.text


def test_a_granted_delay_and_an_outage_are_recalled(notices):
    granted = standing(due_at=at(5, 15, 23, 59), extended_until=date(2005, 5, 15))
    excused = standing("N2A", due_at=at(5, 3, 9, 30), excused_reason="panne <b>générale</b>")
    told = notices(at(5, 2), (Step.BEFORE_15, granted), (Step.BEFORE_1, excused))[0]
    text = flat(told.text)
    assert "Délai accordé jusqu’au dimanche 15 mai 2005 (l’échéance était le samedi 30 avril 2005)" in text
    assert "Échéance reportée par le guichet (elle était le samedi 30 avril 2005) : panne" in text
    assert "mardi 3 mai 2005, 9 h 30 (c’est demain)" in text
    assert "<b>générale" not in told.html


def test_a_delay_that_is_not_the_due_day_in_force_is_not_recalled(notices):
    former = standing(extended_until=date(2005, 4, 10))
    assert "Délai" not in notices(at(4, 22), (Step.BEFORE_7, former))[0].text


def test_things_owed_stand_by_due_day_then_as_in_the_catalogue(sample, notices):
    register = sample.directory(("PF03", "d@pf03.example", Role.DEPOT, None))
    told = [(Step.BEFORE_7, standing(code, due_at=due)) for code, due in
            (("N2A", DUE), ("N1M", DUE), ("N1A", DUE + timedelta(days=1)))]  # fmt: skip
    [one] = notices(at(4, 23), *told, register=register)
    assert re.findall(r"^• (\w+)", one.text, re.MULTILINE) == ["N1M", "N2A", "N1A"]


# -- lateness ----------------------------------------------------------------------------------------------------------


def test_lateness_tells_its_effect_and_what_to_do_without_activity(notices):
    text = flat(notices(at(5, 8, 12), (Step.AFTER_1, overdue()))[0].text)
    for words in ("« n.d. »", "NEANT", "8 jours de retard", "répondez à ce message"):
        assert words in text
    assert "informée" not in text


def test_a_collection_without_lines_promises_nothing_about_them(notices):
    assert "n.d." not in flat(notices(at(5, 8, 12), (Step.AFTER_1, overdue("N2A")))[0].text)


@pytest.mark.parametrize(
    ("step", "words"),
    [(Step.AFTER_7, "L’UESL est informée"), (Step.AFTER_15, "La direction de l’UESL est informée")],
)
def test_who_else_knows_is_said(notices, step, words):
    assert words in flat(notices(at(5, 8, 12), (step, overdue()))[0].text)


def test_nobody_to_reply_to_is_another_sentence(notices):
    told = notices(at(5, 8, 12), (Step.AFTER_1, overdue()), reply_to=None)[0]
    assert "écrivez à l’UESL" in flat(told.text)
    assert "répondez" not in told.text
    assert told.headers == {}


# -- the opening -------------------------------------------------------------------------------------------------------


@pytest.fixture
def network(sample):
    """PF03 with three CIL; one came in the second quarter, one delegates it, one is another platform's."""
    members = [
        Organisation(code=f"CIL0{n}", type=OrganisationType.CIL, nom=f"CIL {n}", departement="75") for n in (1, 2, 3)
    ]
    joined = [(1, None), (2, date(2005, 5, 1)), (3, None)]
    return replace(
        sample.directory(("PF03", ASA, Role.DEPOT, Service.ASA)),
        organisations=(sample.organisation, *members),
        adhesions=tuple(
            Adhesion(code_cil=f"CIL0{n}", code_plateforme="PF03", service=Service.ASA, dates=Span(first=first))
            for n, first in joined
        ),
        delegations=(
            Delegation(
                code_mandant="CIL03", code_realisateur="CIL01", service=Service.ASA, dates=Span(first=date(2005, 4, 1))
            ),
        ),
    )


def test_the_opening_lists_the_lines_and_what_changed(network, notices):
    opened = standing(period=Period(2005, 2), due_at=at(7, 30))
    [told] = notices(at(7, 1), (Step.OPENING, opened), register=network)
    text = flat(told.text)
    assert told.event is Event.PERIOD_OPEN
    assert "2 lignes attendues : une par CIL/CCI" in text
    assert "CIL01 : CIL 1 CIL02 : CIL 2" in text
    assert "Nouvelle ligne : CIL02 CIL 2" in text
    assert "N’est plus attendue : CIL03 CIL 3" in text
    assert "Rien n’a été reçu" not in text


def test_the_opening_attaches_the_template_and_says_where_else_it_is(network, notices):
    templates = {("N1A", "2005T1"): "N1A_PF03_2005T1.xlsx", ("N1M", "2005T1"): "N1M_PF03_2005T1.xlsx"}
    [told] = notices(at(4, 1), (Step.OPENING, standing()), register=network, templates=templates)
    assert told.attachments == ("diffusion:pf03/modeles/N1A_PF03_2005T1.xlsx",)
    assert "Modèle joint : N1A_PF03_2005T1.xlsx" in flat(told.text)
    assert "diffusion/guide/" in told.text
    [bare] = notices(at(4, 1), (Step.OPENING, standing(account=None)), register=network, templates=templates)
    assert bare.attachments == ()
    assert "joint" not in bare.text


def test_a_reminder_attaches_nothing(network, notices):
    templates = {("N1A", "2005T1"): "N1A_PF03_2005T1.xlsx"}
    [told] = notices(at(4, 22), (Step.BEFORE_7, standing()), register=network, templates=templates)
    assert told.attachments == ()


def test_a_day_with_everything_has_a_part_for_each(sample, notices):
    register = sample.directory(("PF03", "d@pf03.example", Role.DEPOT, None))
    [told] = notices(
        at(7, 1, 12),
        (Step.OPENING, standing("N2A", period=Period(2005, 2), due_at=at(7, 30))),
        (Step.BEFORE_7, standing("N1M", due_at=at(7, 8))),
        (Step.AFTER_15, overdue()),
        register=register,
    )
    assert told.event is Event.OVERDUE
    places = [told.text.index(words) for words in ("\nEn retard\n", "\nÉchéance proche\n", "\nNouvelle période\n")]
    assert places == sorted(places)


def test_hostile_words_of_the_register_are_shown_never_obeyed(sample, notices):
    hostile = "<img src=x>\u202e\r\nBcc: a@b.example {0}"
    directory = sample.directory(("PF03", ASA, Role.DEPOT, None))
    register = replace(directory, contacts=(Contact(organisation="PF03", courriel=ASA, nom=hostile, role=Role.DEPOT),))
    owed = standing(label=hostile, excused_reason=hostile, due_at=at(5, 3))
    saying = Saying(standing=owed, step=Step.BEFORE_1)
    [told] = notices(at(5, 2), (Step.BEFORE_1, owed), register=register)
    assert Call(organisation="PF03", day=at(5, 2).date(), sayings=(saying,)).event is told.event
    assert "<img" not in told.html
    assert "\u202e" not in told.text + told.html + told.subject
    assert "\nBcc" not in told.text
