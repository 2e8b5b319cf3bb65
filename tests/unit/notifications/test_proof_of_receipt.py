"""How the instant of receipt was obtained is said in every answer, in plain words (contract §6, §8)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.organisations import Role
from domain.submissions import ReceiptProof
from domain.verdicts import Verdict
from notifications.notices import receipt_notices
from rendering.answer import receipt_document, verdict_document
from rendering.report import report_html
from rendering.view import receipt_facts

WORDS = {
    ReceiptProof.SFTP_CLOSE: "le serveur, qui a noté la fin de votre envoi",
    ReceiptProof.CHANGE_TIME: "la machine du guichet, qui a noté la fin de l’écriture du fichier",
    ReceiptProof.CLOCK: "l’horloge du guichet, au moment de la prise en charge",
    ReceiptProof.IMPORTED: "l’administrateur, lors de la reprise de l’historique",
}


@pytest.mark.parametrize("proof", ReceiptProof)
def test_the_receipt_the_verdict_and_their_mail_say_how_the_instant_was_obtained(sample, proof):
    dropped = replace(sample.dropped(), proof=proof)
    outcome = replace(sample.one(Verdict.ACCEPTED), dropped=dropped)
    directory = sample.directory(("PF03", "depot@pf03.example", Role.DEPOT, None))
    [mail] = receipt_notices(dropped, sample.organisation, directory, zone=sample.zone)
    text = " ".join(mail.text.split())
    assert "Preuve de votre dépôt" in text
    assert WORDS[proof] in text
    for document in (
        receipt_document(dropped, sample.organisation, sample.zone),
        verdict_document(outcome, sample.zone, sample.known),
    ):
        assert document["receipt_proof"] == proof.value
        assert ("Heure établie par", WORDS[proof]) in receipt_facts(document)
    assert WORDS[proof] in report_html(verdict_document(outcome, sample.zone, sample.known))
