"""Who is told what about a deposit."""

import re
from dataclasses import replace

import pytest

from domain.causes import CauseTally
from domain.compliance import ComplianceStatus
from domain.findings import Severity
from domain.notices import Event
from domain.organisations import Role, Service
from domain.outcome import DeadlineView
from domain.periods import Period
from domain.submissions import Box
from domain.verdicts import Verdict
from notifications.notices import (
    Announced,
    oddity_notices,
    receipt_notices,
    system_notices,
    undelivered_notice,
    verdict_notices,
)

ASA, MOB, GENERAL = "asa@pf03.example", "mob@pf03.example", "depot@pf03.example"
CHIEF, PILOT, HEAD, ADMIN = "chef@pf03.example", "pilotage@uesl.example", "dg@uesl.example", "admin@uesl.example"


@pytest.fixture
def directory(sample):
    return sample.directory(
        ("PF03", ASA, Role.DEPOT, Service.ASA),
        ("PF03", MOB, Role.DEPOT, Service.MOB),
        ("PF03", CHIEF, Role.RESPONSABLE, None),
        ("UESL", PILOT, Role.PILOTAGE, None),
        ("UESL", HEAD, Role.DIRECTION, None),
    )


@pytest.fixture
def verdicts(sample, directory):
    def make(outcome, register=directory, **values):
        return verdict_notices(
            outcome,
            register,
            zone=sample.zone,
            admin=ADMIN,
            **{"known": sample.known, "reply_to": PILOT, **values},
        )

    return make


def addresses(notices):
    return [one.recipient for one in notices]


def test_the_receipt_proves_the_deposit(sample, directory):
    notices = receipt_notices(sample.dropped(), sample.organisation, directory, zone=sample.zone, reply_to=PILOT)
    assert addresses(notices) == [ASA, MOB]
    first = notices[0]
    assert first.event is Event.RECEIPT
    assert first.subject == "Reçu\u00a0: N1A_2005T1.csv (PF03)"
    for proof in (
        "N1A_2005T1.csv",
        "812\u00a0octets",
        "9f" * 32,
        "20050418-101502-7f3a9c",
        "10\u00a0h\u00a015\u00a0min\u00a002\u00a0s",
    ):
        assert proof in first.text
        assert proof in first.html.replace("<wbr>", "")
    assert "le serveur, qui a noté la fin de votre envoi" in first.text
    assert first.headers == {"Reply-To": PILOT}
    assert first.submission_id == "20050418-101502-7f3a9c"


def test_the_verdict_goes_to_the_contacts_of_the_service(sample, verdicts):
    (notice,) = verdicts(sample.one(Verdict.ACCEPTED))
    assert notice.recipient == ASA
    assert notice.event is Event.VERDICT
    assert notice.subject == "Accepté\u00a0: N1A 1er trimestre 2005 (PF03)"
    assert "retours/20050418-101502-7f3a9c/rapport.html" in notice.text


def test_two_services_in_one_file_tell_both_once(sample, verdicts):
    both = sample.outcome(
        sample.weighed(sample.section()),
        sample.weighed(sample.section(collection="N1M", period=Period(2005, 1))),
    )
    notices = verdicts(both)
    assert addresses(notices) == [ASA, MOB]
    assert notices[0].subject == "Accepté\u00a0: N1A et N1M 1er trimestre 2005 (PF03)"


def test_a_file_that_was_not_identified_tells_every_depositor(sample, verdicts):
    notices = verdicts(sample.outcome(name="classeur.xlsx"))
    assert addresses(notices) == [ASA, MOB]
    assert notices[0].subject == "Refusé\u00a0: classeur.xlsx (PF03)"


def test_one_message_per_address_whatever_its_case(sample, verdicts):
    twice = sample.directory(
        ("PF03", "A@x.example", Role.DEPOT, None), ("PF03", "a@X.example", Role.DEPOT, Service.ASA)
    )
    assert len(verdicts(sample.one(Verdict.ACCEPTED), twice)) == 1


def test_without_a_depot_contact_somebody_is_told_and_told_why(sample, verdicts):
    chief_only = sample.directory(("PF03", CHIEF, Role.RESPONSABLE, None))
    (notice,) = verdicts(sample.one(Verdict.ACCEPTED), chief_only)
    assert notice.recipient == CHIEF
    assert "l’annuaire n’indique aucun correspondant" in notice.text.replace("\n", " ")
    (notice,) = verdicts(sample.one(Verdict.ACCEPTED, organisation=None), None)
    assert notice.recipient == ADMIN
    assert verdict_notices(sample.one(Verdict.ACCEPTED), None, zone=sample.zone) == []


def test_a_test_is_marked_in_the_subject_and_on_top(sample, verdicts):
    (notice,) = verdicts(sample.one(Verdict.REJECTED, [sample.finding()], box=Box.ESSAI, in_force=False))
    assert (
        notice.subject == "[ESSAI – ne compte pas] Refusé, 1\u00a0point à corriger\u00a0: N1A 1er trimestre 2005 (PF03)"
    )
    assert notice.text.startswith("*** [ESSAI – ne compte pas]")


def test_the_text_is_narrow_and_shows_causes_and_what_is_owed(sample, verdicts):
    found = [
        sample.finding(row, value=f"-{row}", message=f"«\u00a0-{row}\u00a0» est négatif " + "long " * 30)
        for row in range(5, 30)
    ]
    (notice,) = verdicts(
        sample.one(
            Verdict.PARTIALLY_ACCEPTED,
            found,
            name="x" * 250 + ".csv",
            still_owed=[sample.owed()],
            deadline=DeadlineView(due_at=sample.due, status=ComplianceStatus.INCOMPLETE, margin_days=12),
        ),
    )
    assert max(map(len, notice.text.splitlines())) <= 72
    flat = " ".join(notice.text.split())
    assert "lignes 5 à 29" in flat
    assert len(re.findall(r"· E\d+ : «", flat)) == 3
    assert "N1M – Suivi de l’activité du CIL-PASS mobilité, 1er trimestre 2005 : à déposer" in flat
    assert "il reste 12 jours" in flat


def test_five_causes_are_shown_and_the_others_counted(sample, verdicts):
    found = [sample.finding(row, column=f"c{row}", message=f"Cause numéro {row}.") for row in range(1, 9)]
    (notice,) = verdicts(sample.one(Verdict.REJECTED, found, in_force=False))
    assert "Cause numéro 5." in notice.text
    assert "Cause numéro 6." not in notice.text
    assert "… et 3\u00a0autres causes, dans le rapport complet." in notice.text


@pytest.mark.parametrize("known", [True, False])
def test_no_mail_quotes_a_value_of_a_case(sample, verdicts, known):
    finding = sample.finding(
        value="69123", message="«\u00a069123\u00a0» n’est pas un code", expected="code", hint="pas 69123"
    )
    outcome = sample.one(
        Verdict.PARTIALLY_ACCEPTED,
        [finding, sample.finding(12, value="75000", message="75000 ?")],
        collection="N2A",
        period=Period(2005),
    )
    for notice in verdicts(outcome, **({} if known else {"known": {}})):
        assert "69123" not in notice.text + notice.html
        assert "75000" not in notice.text + notice.html
        assert "E9" in notice.text or "ligne" in notice.text


def test_a_destroyed_file_alerts_the_chief_the_central_body_and_the_administrator(sample, verdicts):
    secret = "185057800608436"
    outcome = sample.one(
        Verdict.DESTROYED,
        [sample.finding(severity=Severity.BLOCKING, code="G-12", value=secret, message=f"{secret} est un NIR")],
        destroy=True,
        in_force=False,
    )
    notices = verdicts(outcome)
    assert [(one.event, one.recipient) for one in notices] == [
        (Event.VERDICT, ASA),
        (Event.ANONYMITY, CHIEF),
        (Event.ANONYMITY, PILOT),
        (Event.ANONYMITY, HEAD),
        (Event.ANONYMITY, ADMIN),
    ]
    for notice in notices:
        assert secret not in notice.text + notice.html + notice.subject
        assert "contenu non conservé" in " ".join((notice.text + notice.html).split())
        assert "Informatique" in notice.text
    assert "cellule E9\u00a0: donnée nominative (règle G-12)" in notices[1].text
    assert "réponse faite au" in notices[1].text


def test_hostile_names_are_shown_escaped(sample, directory):
    name = "<b>\u202ex\r\nBcc: a@b\udce9.csv"
    (notice, _) = receipt_notices(sample.dropped(name), sample.organisation, directory, zone=sample.zone)
    assert "\n" not in notice.subject
    assert "<b>" not in notice.html.split("<body")[1]
    (notice.subject + notice.text + notice.html).encode("utf-8")


@pytest.mark.parametrize(
    ("verdict", "severities", "said"),
    [
        (Verdict.REJECTED, ["error", "error", "blocking", "warning", "info"], "Refusé, 3\u00a0points à corriger"),
        (Verdict.PARTIALLY_ACCEPTED, ["error", "warning"], "Accepté en partie, 1\u00a0point à corriger"),
        (Verdict.ACCEPTED_WITH_WARNINGS, ["warning", "warning"], "Accepté, 2\u00a0points à confirmer"),
        (Verdict.ACCEPTED, ["info"], "Accepté"),
        (Verdict.DUPLICATE, [], "Déjà reçu"),
    ],
)
def test_the_subject_tells_the_verdict_and_how_much_is_to_mend(sample, verdicts, verdict, severities, said):
    found = [
        sample.finding(row, column=f"c{row}", message=f"Cause {row}.", severity=Severity(word))
        for row, word in enumerate(severities, start=2)
    ]
    (notice,) = verdicts(sample.one(verdict, found))
    assert notice.subject == f"{said}\u00a0: N1A 1er trimestre 2005 (PF03)"
    assert said.upper() in notice.text.splitlines()[0]


def test_a_subject_stays_short_whatever_the_file_is_called(sample, verdicts):
    notices = verdicts(sample.outcome(name="classeur " * 30 + ".xlsx"))
    assert len(notices[0].subject) <= 77
    assert notices[0].subject.startswith("Refusé\u00a0: classeur")
    assert notices[0].subject.endswith("(PF03)")


def in_order(text, *words):
    flat = " ".join(text.split())
    places = [flat.index(word) for word in words]
    return places == sorted(places)


MADE = ("a_corriger_assistance_trimestrielle.csv", "a_corriger_assistance_trimestrielle.xlsx", "annote.xlsx")


def refused(sample, **values):
    deadline = DeadlineView(due_at=sample.due, status=ComplianceStatus.TO_CORRECT, margin_days=12)
    found = [
        sample.finding(severity=Severity.WARNING, column="x", message="C’est beaucoup.", hint=None),
        sample.finding(),
    ]
    return sample.one(Verdict.REJECTED, found, in_force=False, deadline=deadline, **values)


def test_what_matters_comes_first_in_both_parts(sample, verdicts):
    (notice,) = verdicts(refused(sample, still_owed=[sample.owed()]), files=MADE, attachable=True)
    words = (
        "Votre dépôt est refusé",
        "avant le",
        "À corriger : 1 point",
        "« -3 » n’est pas un nombre entier",
        "→ Écrivez un nombre entier, sans signe.",
        "cellule E9",
        "À confirmer : 1 point",
        "C’est beaucoup.",
        "Pour corriger",
        "Le classeur joint, annote.xlsx",
        "dans la colonne « justification »",
        "a_corriger_assistance_trimestrielle.xlsx (ou .csv), dans retours/20050418-101502-7f3a9c.",
        "Ce qui reste attendu de vous",
        "N1M – Suivi",
        "rapport.html",
        "Empreinte SHA-256",
    )
    assert in_order(notice.text, *words)
    shown = re.sub(r"<[^>]*>", " ", notice.html.replace("&nbsp;", " "))
    assert in_order(shown, *words)


def test_two_kits_are_told_in_one_point_and_a_whole_one_for_what_it_is(sample, verdicts):
    mobility = ("a_corriger_mobilite_trimestrielle.csv", "a_corriger_mobilite_trimestrielle.xlsx")
    sections = [
        sample.weighed(sample.section(Verdict.PARTIALLY_ACCEPTED, [sample.finding()])),
        sample.weighed(
            sample.section(
                Verdict.PARTIALLY_ACCEPTED, [sample.finding()], collection="N1M", slug="mobilite_trimestrielle"
            )
        ),
    ]
    (notice, *_) = verdicts(sample.outcome(*sections), files=(*MADE, *mobility), attachable=True)
    flat = " ".join(notice.text.replace("\u00a0", " ").split())
    assert flat.count("redéposez ces fichiers seuls : les lignes justes de votre dépôt sont gardées") == 1
    (notice,) = verdicts(refused(sample, records_accepted=0, records_rejected=14), files=MADE, attachable=True)
    flat = " ".join(notice.text.replace("\u00a0", " ").split())
    assert "toutes les lignes de votre dépôt y sont" in flat
    assert "sont gardées" not in flat


def test_nothing_of_the_page_depends_on_a_style_sheet(sample, verdicts):
    (notice,) = verdicts(refused(sample), files=MADE, attachable=True)
    assert not re.search(r"<style|<link|<img|<script|class=|<div|href=", notice.html)
    for mark in ("✗ Refusé, 1", "<b>✗</b>", "<b>?</b>"):
        assert mark in notice.html
    coloured = re.findall(r"<td[^>]*background-color:(#[0-9a-f]{6})[^>]*>", notice.html)
    assert coloured
    assert re.findall(r'<td[^>]*bgcolor="(#[0-9a-f]{6})"', notice.html) == coloured


def test_the_text_stays_narrow_with_long_names(sample, verdicts):
    both = sample.outcome(
        sample.weighed(sample.section(Verdict.REJECTED, [sample.finding()])),
        sample.weighed(sample.section(collection="N1M", sheet="Une feuille au nom vraiment très long")),
        name="x" * 200,
    )
    for notice in verdicts(both, files=MADE, attachable=True):
        assert max(map(len, notice.text.splitlines())) <= 72


def test_an_accepted_deposit_takes_few_words(sample, verdicts):
    (notice,) = verdicts(sample.one(Verdict.ACCEPTED, records_rejected=0))
    before_the_proof = notice.text.partition("Votre dépôt\n---")[0]
    assert len(before_the_proof.splitlines()) <= 13
    assert in_order(notice.text, "Rien à faire.", "Ce dépôt est en vigueur.", "avec 12 jours d’avance", "Rien d’autre")
    assert notice.attachments == ()


def test_the_annotated_workbook_goes_with_the_mail(sample, verdicts):
    (notice,) = verdicts(refused(sample), files=MADE, attachable=True)
    assert notice.attachments == ("annote.xlsx",)
    (notice,) = verdicts(refused(sample), files=MADE, attachable=False)
    assert notice.attachments == ()
    flat = " ".join(notice.text.split())
    assert "vous attend dans retours/20050418-101502-7f3a9c/annote.xlsx." in flat
    assert "trop gros pour un message" in flat
    (notice,) = verdicts(refused(sample), files=(), attachable=True)
    assert notice.attachments == ()
    assert "annote" not in notice.text
    assert "a_corriger" not in notice.text


@pytest.mark.parametrize("known", [True, False])
def test_a_workbook_that_may_hold_cases_never_leaves_by_mail(sample, verdicts, known):
    cases = sample.section(Verdict.PARTIALLY_ACCEPTED, [sample.finding()], collection="N2A", period=Period(2005))
    mixed = sample.outcome(sample.weighed(sample.section()), sample.weighed(cases))
    for notice in verdicts(mixed, files=("annote.xlsx",), attachable=True, **({} if known else {"known": {}})):
        assert notice.attachments == ()
        flat = " ".join(notice.text.split())
        assert "vous attend dans retours/20050418-101502-7f3a9c/annote.xlsx." in flat
        assert "ne porte aucune donnée de dossier" in flat
        assert "justification" not in flat


@pytest.mark.parametrize("cases", [True, False])
def test_a_diagnosis_is_told_without_its_values_when_it_is_about_cases(sample, verdicts, cases):
    findings = [sample.finding(row, cause="zeros", value="1099", message="1099 ?") for row in (5, 6)]
    tally = CauseTally(
        cause="zeros",
        code="G-10",
        severity=Severity.ERROR,
        count=2,
        rows=2,
        cures=2,
        spans=((5, 6),),
        title="Le code 01099 a perdu son zéro : 1099.",
        hint="Écrivez 01099.",
    )
    collection = {"collection": "N2A", "period": Period(2005)} if cases else {}
    (notice,) = verdicts(sample.one(Verdict.PARTIALLY_ACCEPTED, findings, causes=(tally,), **collection))
    quoted = "Le code 01099 a perdu son zéro" in " ".join(notice.text.split())
    assert quoted is not cases
    assert ("1099" in notice.text + notice.html) is not cases
    assert "lignes 5 et 6" in notice.text
    assert notice.subject.startswith("Accepté en partie, 1\u00a0point à corriger")


def test_a_destroyed_file_attaches_nothing(sample, verdicts):
    found = [sample.finding(severity=Severity.BLOCKING)]
    outcome = sample.one(Verdict.DESTROYED, found, destroy=True, in_force=False)
    notices = verdicts(outcome, files=("annote.xlsx",), attachable=True)
    assert len(notices) == 5
    assert {one.attachments for one in notices} == {()}


def test_a_trial_is_sent_back_to_the_trial_box(sample, verdicts):
    (notice,) = verdicts(refused(sample, box=Box.ESSAI), files=MADE, attachable=True)
    assert "redéposez-le dans « essai »" in " ".join(notice.text.split())


def test_a_date_is_told_once_for_what_is_still_owed(sample, verdicts):
    owed = replace(sample.owed(ComplianceStatus.TO_CORRECT), collection="N1A")
    (notice,) = verdicts(refused(sample, still_owed=[owed]))
    assert "Échéance" not in notice.text
    (notice,) = verdicts(refused(sample))
    assert "Échéance" in notice.text


@pytest.mark.parametrize(
    ("due_day", "said"),
    [
        (30, "échéance le samedi 30 avril 2005 à 23 h 59 (il reste 12 jours)."),
        (15, "échéance passée depuis le vendredi 15 avril 2005 à 23 h 59 (3 jours de retard)."),
        (None, "1er trimestre 2005."),
    ],
)
def test_the_receipt_tells_what_the_name_announces(sample, directory, due_day, said):
    due_at = None if due_day is None else sample.due.replace(day=due_day)
    announced = Announced(collection="N1A", label="Suivi", period="2005T1", due_at=due_at)
    notices = receipt_notices(sample.dropped(), sample.organisation, directory, zone=sample.zone, announced=announced)
    flat = " ".join(notices[0].text.split())
    assert "D’après son nom : N1A – Suivi, 1er trimestre 2005" in flat
    assert said in flat


def test_composing_twice_gives_the_same_keys_and_a_second_judgement_gives_others(sample, verdicts):
    outcome = sample.one(Verdict.ACCEPTED)
    keys = [one.cause_key for one in verdicts(outcome)]
    assert keys == [one.cause_key for one in verdicts(outcome)]
    assert keys != [one.cause_key for one in verdicts(outcome, occasion="2")]
    assert all(len(key) <= 200 for key in keys)


@pytest.mark.parametrize("kind", ["sub_folder", "unfinished", "unreadable"])
def test_the_depositor_is_told_what_to_do_about_what_is_no_deposit(directory, kind):
    notices = oddity_notices(
        kind,
        account="pf03",
        box=Box.ESSAI,
        name="a\nb",
        key="oddity:1",
        directory=directory,
        admin=ADMIN,
        reply_to=PILOT,
    )
    assert addresses(notices) == [ASA, MOB]
    assert notices[0].subject.startswith("[ESSAI – ne compte pas]")
    assert "À faire maintenant" in notices[0].text
    assert "a\\nb" in notices[0].text


@pytest.mark.parametrize(
    "kind", ["link", "hard_link", "special", "unknown_account", "stray", "closed_folder", "new_one"]
)
def test_the_administrator_is_told_of_the_rest(directory, kind):
    (notice,) = oddity_notices(kind, account="x", box=None, name="n", key="k", directory=directory, admin=ADMIN)
    assert (notice.recipient, notice.event) == (ADMIN, Event.SYSTEM)
    assert kind in notice.text


def test_without_an_administrator_nobody_is_written_to(directory):
    assert system_notices(directory, admin=None, kind="file_parked", key="k") == []


def test_a_message_that_was_not_delivered_is_named_without_its_content():
    notice = undelivered_notice(
        message_id="<a@b>",
        recipient="x@y.example",
        subject="Accepté",
        detail="RCPT: 550 no\r\nsuch",
        admin=ADMIN,
    )
    assert "550 no\\r\\nsuch" in notice.text
    assert notice.cause_key == "undelivered:<a@b>:" + ADMIN


def test_examples_left_out_of_the_mail_are_counted(sample, verdicts):
    found = [
        sample.finding(row, value=f"x{row}", message=f"la case {row} n’est pas un nombre", cause="c")
        for row in range(2, 8)
    ]
    (notice,) = verdicts(sample.one(Verdict.PARTIALLY_ACCEPTED, found))
    assert "E2 «\u00a0x2\u00a0»\u00a0: la case 2 n’est pas un nombre" in notice.text
    assert "… et 3\u00a0autres, dans le rapport complet." in notice.text


def test_what_the_title_says_already_is_not_said_again_for_each_example(sample, verdicts):
    found = [sample.finding(row, value=f"x{row}", message="ce n’est pas un nombre", cause="c") for row in range(2, 8)]
    (notice,) = verdicts(sample.one(Verdict.PARTIALLY_ACCEPTED, found))
    assert notice.text.count("ce n’est pas un nombre") == 1
    assert "par exemple E2\u00a0«\u00a0x2\u00a0»" in notice.text


def test_the_mail_tells_which_version_of_the_rules_judged(sample, verdicts):
    (notice,) = verdicts(sample.one(Verdict.ACCEPTED))
    assert "Règles appliquées\u00a0: 1.0+abc" in notice.text
    assert "1.0+abc" in notice.html
