"""Who is told what about a deposit."""

import pytest

from domain.compliance import ComplianceStatus
from domain.findings import Severity
from domain.notices import Event
from domain.organisations import Role, Service
from domain.outcome import DeadlineView
from domain.periods import Period
from domain.submissions import Box
from domain.verdicts import Verdict
from notifications.notices import (
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
        assert proof in first.html
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
    assert notice.subject == "[ESSAI – ne compte pas] Refusé\u00a0: N1A 1er trimestre 2005 (PF03)"
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
    assert flat.count("est négatif") == 3
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
    assert "G-12\u00a0: E9" in notices[1].text


def test_hostile_names_are_shown_escaped(sample, directory):
    name = "<b>\u202ex\r\nBcc: a@b\udce9.csv"
    (notice, _) = receipt_notices(sample.dropped(name), sample.organisation, directory, zone=sample.zone)
    assert "\n" not in notice.subject
    assert "<b>" not in notice.html.split("<body")[1]
    (notice.subject + notice.text + notice.html).encode("utf-8")


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
    found = [sample.finding(row, value=f"x{row}", message="ce n’est pas un nombre", cause="c") for row in range(2, 8)]
    (notice,) = verdicts(sample.one(Verdict.PARTIALLY_ACCEPTED, found))
    assert "E2 «\u00a0x2\u00a0»\u00a0: ce n’est pas un nombre" in notice.text
    assert "… et 3\u00a0autres, dans le rapport complet." in notice.text
