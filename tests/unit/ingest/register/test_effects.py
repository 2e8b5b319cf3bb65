"""What an import would change, told before it is made."""

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pandera.pandas as pa

from domain.organisations import (
    Adhesion,
    Contact,
    Directory,
    ObligationRule,
    Organisation,
    OrganisationType,
    Role,
    Service,
    Span,
)
from domain.periods import Period, Periodicity
from ingest.register.effects import Calendar, EffectKind, Effects, effects_of
from ingest.register.wording import english, french, summary
from schemas.collection import Collection
from schemas.columns import Compte, compte


class Model(pa.DataFrameModel):
    nombre: Compte = compte("Nombre")


N1A = Collection(
    code="N1A",
    slug="assistance_trimestrielle",
    label="Assistance",
    model=Model,
    periodicity=Periodicity.QUARTER,
    due_days=30,
    senders=frozenset({OrganisationType.PF}),
    service=Service.ASA,
    expected_lines=True,
)
CALENDAR = Calendar(
    collections=(N1A,),
    first_period=Period(2005, 1),
    today=date(2005, 8, 20),
    zone=ZoneInfo("Europe/Paris"),
)


def org(code: str, account: str | None = None, actif: Span | None = None) -> Organisation:
    kind = OrganisationType(code.rstrip("0123456789"))
    return Organisation(code=code, type=kind, nom=f"Nom {code}", compte_sftp=account, actif=actif or Span())


def member(code: str, platform: str, dates: Span | None = None) -> Adhesion:
    return Adhesion(code_cil=code, code_plateforme=platform, service=Service.ASA, dates=dates or Span())


BEFORE = Directory(
    version=1,
    organisations=(org("UESL", "uesl"), org("PF01", "pf01"), org("PF02", "pf02"), org("CIL001"), org("CIL002")),
    adhesions=(member("CIL001", "PF01"), member("CIL002", "PF01")),
)


def kinds(effects: Effects) -> list[EffectKind]:
    return [one.kind for one in effects.items]


def test_nothing_changes_when_nothing_changes() -> None:
    effects = effects_of(BEFORE, BEFORE, CALENDAR, to_judge_again=("20050418-101502-7f3a9c",))
    assert not effects
    assert summary(effects) == "nothing changes"


def test_a_first_import_tells_accounts_obligations_and_lines() -> None:
    effects = effects_of(None, BEFORE, CALENDAR)
    assert effects.first
    assert [one.subject for one in effects.of(EffectKind.ACCOUNT_ADDED)] == ["pf01", "pf02", "uesl"]
    owed = effects.of(EffectKind.OBLIGATION_ADDED)
    assert [(one.subject, one.data["collection"], one.data["periods"]) for one in owed] == [
        ("PF01", "N1A", ["2005T1", "2005T2", "2005T3"]),
    ]
    lines = effects.of(EffectKind.LINES_CHANGED)
    assert [(one.subject, one.data["added"], one.data["total"]) for one in lines] == [("PF01", ["CIL001", "CIL002"], 2)]


def test_a_change_of_platform_moves_lines_and_obligations_of_past_periods_too() -> None:
    after = replace(
        BEFORE,
        adhesions=(
            member("CIL001", "PF01"),
            member("CIL002", "PF01", Span(last=date(2005, 5, 14))),
            member("CIL002", "PF02", Span(first=date(2005, 5, 15))),
        ),
    )
    effects = effects_of(BEFORE, after, CALENDAR)
    assert kinds(effects) == [
        EffectKind.ADHESIONS_CHANGED,
        EffectKind.OBLIGATION_ADDED,
        EffectKind.LINES_CHANGED,
        EffectKind.LINES_CHANGED,
    ]
    lost, gained = effects.of(EffectKind.LINES_CHANGED)
    assert (lost.subject, lost.data["removed"], lost.data["periods"]) == ("PF01", ["CIL002"], ["2005T2", "2005T3"])
    assert (gained.subject, gained.data["added"]) == ("PF02", ["CIL002"])
    assert effects.of(EffectKind.OBLIGATION_ADDED)[0].data["periods"] == ["2005T2", "2005T3"]
    assert english(effects)[0] == ("platform of CIL002 for ASA: PF01 -> PF01 to 2005-05-14 then PF02 from 2005-05-15")
    assert french(effects)[0][1] == (
        "Plate-forme de CIL002 pour ASA\u00a0: PF01 → PF01 jusqu’au 14/05/2005 puis PF02 à partir du 15/05/2005."
    )


def test_an_exemption_and_another_due_date_change_obligations() -> None:
    rules = (
        ObligationRule(
            code="PF01",
            collection="N1A",
            dates=Span(last=date(2005, 3, 31)),
            dispense=True,
            motif="incendie",
        ),
        ObligationRule(
            code="PF01",
            collection="N1A",
            dates=Span(first=date(2005, 4, 1), last=date(2005, 6, 30)),
            echeance=date(2005, 9, 15),
        ),
    )
    effects = effects_of(BEFORE, replace(BEFORE, obligations=rules), CALENDAR)
    changed = effects.of(EffectKind.OBLIGATION_CHANGED)
    assert [(one.data["periods"], one.data["detail"]) for one in changed] == [
        (["2005T1"], "dispense"),
        (["2005T2"], "2005-09-15"),
    ]
    assert [one.subject for one in effects.of(EffectKind.RULES_CHANGED)] == ["PF01"]


def test_recipients_are_those_who_get_the_tables() -> None:
    contact = Contact(organisation="CIL001", courriel="a@x.example", nom="", role=Role.DIFFUSION)
    other = Contact(organisation="PF01", courriel="b@x.example", nom="", role=Role.DEPOT)
    effects = effects_of(BEFORE, replace(BEFORE, contacts=(contact, other)), CALENDAR)
    assert kinds(effects) == [EffectKind.RECIPIENT_ADDED, EffectKind.CONTACTS_CHANGED]
    assert effects.items[0].subject == "a@x.example"
    back = effects_of(replace(BEFORE, contacts=(contact, other)), BEFORE, CALENDAR)
    assert back.items[0].kind is EffectKind.RECIPIENT_REMOVED


def test_an_organisation_that_ends_takes_its_account_with_it() -> None:
    ended = Span(last=date(2005, 8, 19))
    after = replace(
        BEFORE,
        organisations=tuple(replace(one, actif=ended) if one.code == "PF02" else one for one in BEFORE.organisations),
    )
    effects = effects_of(BEFORE, after, CALENDAR)
    assert kinds(effects) == [EffectKind.ORGANISATION_ENDED, EffectKind.ACCOUNT_ENDED]
    assert "guichet account disable pf02" in english(effects)[1]


def test_a_corrected_name_is_told_field_by_field() -> None:
    after = replace(
        BEFORE,
        organisations=tuple(
            replace(one, nom="CIL de l’Auxois") if one.code == "CIL001" else one for one in BEFORE.organisations
        ),
    )
    effects = effects_of(BEFORE, after, CALENDAR, to_judge_again=("a", "b"))
    assert kinds(effects) == [EffectKind.ORGANISATION_CHANGED, EffectKind.JUDGED_AGAIN]
    assert effects.items[0].data["changes"] == [{"field": "nom", "from": "Nom CIL001", "to": "CIL de l’Auxois"}]
    assert effects.items[1].data == {"submissions": ["a", "b"]}


def test_every_kind_of_effect_has_words_in_both_languages() -> None:
    effects = effects_of(None, BEFORE, CALENDAR)
    assert len(french(effects)) == len(effects.items)
    assert all(english(effects))


def test_many_effects_alike_are_one_line_on_a_terminal_and_all_there_as_data() -> None:
    many = tuple(org(f"CIL{number:03d}") for number in range(10, 60))
    effects = effects_of(BEFORE, replace(BEFORE, organisations=(*BEFORE.organisations, *many)), CALENDAR)
    assert len(english(effects)) == 1
    assert len(effects.items) == 50
