"""The command line's grammar. Global options may stand before or after the verb (contract §3)."""

from __future__ import annotations

import argparse
import sys
from typing import Any, NoReturn

DESCRIPTION = "The desk of a network that reports by files: watches the inbox, judges, loads, answers."


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, with status 2."""

    def error(self, message: str) -> NoReturn:
        """One line on standard error."""
        sys.stderr.write(f"guichet: {message}; see '{self.prog} --help'\n")
        sys.exit(2)


def build_parser() -> argparse.ArgumentParser:
    """All verbs and options."""
    parser = Parser(prog="guichet", description=DESCRIPTION, parents=[_globals(top=True)], allow_abbrev=False)
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True, parser_class=Parser)
    _service(verbs)
    _deposits(verbs)
    _compliance(verbs)
    _publication(verbs)
    _reference(verbs)
    _register(verbs)
    _upkeep(verbs)
    return parser


def _globals(*, top: bool) -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    group = common.add_argument_group("global options")
    hidden: Any = None if top else argparse.SUPPRESS
    group.add_argument(
        "--config", metavar="FILE", default=hidden, help="settings file (default: $GUICHET_CONFIG, else ./guichet.toml)"
    )
    group.add_argument(
        "--at", metavar="INSTANT", default=hidden, help="rehearsal clock, e.g. 2005-05-01T09:00 (also $GUICHET_AT)"
    )
    return common


def _verb(  # noqa: PLR0913 - one argument a trait
    verbs: Any, name: str, function: str, module: str, text: str, *, listing: bool = False
) -> Any:
    parser = verbs.add_parser(name, help=text, description=text, parents=[_globals(top=False)], allow_abbrev=False)
    parser.set_defaults(module=module, function=function)
    if listing:
        parser.add_argument("--format", choices=("text", "json"), default="text", help="for people, or for scripts")
    return parser


def _group(verbs: Any, name: str, text: str) -> Any:
    parser = verbs.add_parser(name, help=text, description=text, parents=[_globals(top=False)], allow_abbrev=False)
    return parser.add_subparsers(title="verbs", metavar="VERB", required=True, parser_class=Parser)


def _service(verbs: Any) -> None:
    _verb(verbs, "run", "run", "service", "the service: watcher, judges, outbox, built-in SFTP server")
    _verb(verbs, "once", "once", "service", "one full pass over the inbox, then exit")
    demo = _verb(verbs, "demo", "demo", "demonstration", "the main job end to end, on embedded defaults")
    demo.add_argument("--keep", action="store_true", help="leave the service running and say how to connect")
    demo.add_argument("--folder", metavar="DIR", help="where the demo lives (default: ./demo, made anew)")


def _deposits(verbs: Any) -> None:
    check = _verb(
        verbs,
        "check",
        "check",
        "deposits",
        "judge files as a real deposit would be; store and send nothing",
        listing=True,
    )
    check.add_argument("files", metavar="FILE", nargs="+")
    check.add_argument(
        "--as", dest="account", metavar="ACCOUNT", required=True, help="the SFTP account that would deposit"
    )
    check.add_argument("--collection", metavar="C", help="code or slug, when the name does not say")
    check.add_argument("--period", metavar="P", help="2005T1 or 2005, when the name does not say")
    check.add_argument(
        "--answers",
        metavar="DIR",
        help="also write there, in a folder a file: the report, the annotated copy",
    )
    listing = _verb(verbs, "submissions", "submissions", "deposits", "deposits, newest first", listing=True)
    listing.add_argument("--account", metavar="A")
    listing.add_argument("--period", metavar="P")
    listing.add_argument("--state", metavar="S", help="claimed, judged, parked, withdrawn, or a verdict")
    show = _verb(
        verbs, "show", "show", "deposits", "what became of a file: a deposit with its whole story", listing=True
    )
    show.add_argument("id", metavar="ID", help="its number; else its name or its SHA-256, or a part of them")
    show.add_argument("--account", metavar="A", help="with a name: of this account or organisation alone")
    replay = _verb(
        verbs,
        "replay",
        "replay",
        "deposits",
        "judge an archived original again with today's rules; report only",
        listing=True,
    )
    replay.add_argument("id", metavar="ID")
    withdraw = _verb(verbs, "withdraw", "withdraw", "deposits", "take a deposit out of force")
    withdraw.add_argument("id", metavar="ID")
    withdraw.add_argument("--reason", required=True, metavar="TEXT")
    withdraw.add_argument("--by", metavar="NAME", help="author (default: the current user)")
    history = _verb(
        verbs,
        "import-history",
        "import_history",
        "history",
        "files of periods before go-live: judged and loaded; no reminder, no lateness, no mail",
    )
    history.add_argument("path", metavar="PATH", help="a file, or a folder of files (in the order of their names)")
    history.add_argument(
        "--as", dest="account", metavar="ACCOUNT", required=True, help="the SFTP account whose files these are"
    )
    history.add_argument(
        "--received-at", required=True, metavar="INSTANT", help="when they were received then, e.g. 2005-02-14T10:00"
    )
    history.add_argument("--reason", required=True, metavar="TEXT", help="why they come now; kept in the journal")
    history.add_argument("--by", metavar="NAME", help="author (default: the current user)")


def _compliance(verbs: Any) -> None:
    status = _verb(verbs, "status", "status", "compliance", "who stands where: the compliance matrix", listing=True)
    status.add_argument("--period", metavar="P", help="2005T1 or 2005 (default: all)")
    status.add_argument("--account", metavar="A", help="one account, or an organisation's code")
    status.add_argument("--known-on", metavar="AAAA-MM-JJ", help="as it was known at the end of that day")
    deadline = _group(verbs, "deadline", "more time, or a waiver; the organisation is told")
    extend = _verb(deadline, "extend", "deadline_extend", "compliance", "give more time; reopens what is overdue")
    waive = _verb(deadline, "waive", "deadline_waive", "compliance", "ask for nothing any more")
    for verb in (extend, waive):
        verb.add_argument("account", metavar="ACCOUNT|ALL")
        verb.add_argument("collection", metavar="COLLECTION")
        verb.add_argument("period", metavar="PERIOD")
        verb.add_argument("--reason", required=True, metavar="TEXT")
        verb.add_argument("--by", metavar="NAME", help="author (default: the current user)")
    extend.add_argument("--until", required=True, metavar="AAAA-MM-JJ", help="the last day, included")
    _anomalies(verbs)


def _anomalies(verbs: Any) -> None:
    anomaly = _group(verbs, "anomaly", "what looks odd in accepted figures: asked, answered, contested")
    listing = _verb(anomaly, "list", "anomaly_list", "anomalies", "the questions, by period and platform", listing=True)
    listing.add_argument("--state", metavar="S", help="open, confirmed, rejected or corrected (default: all)")
    listing.add_argument("--account", metavar="A", help="one account, or an organisation's code")
    listing.add_argument("--period", metavar="P", help="2005T1 or 2005 (default: all)")
    confirm = _verb(
        anomaly, "confirm", "anomaly_confirm", "anomalies", "the figure is right; not asked again for that value"
    )
    reject = _verb(
        anomaly, "reject", "anomaly_reject", "anomalies", "the figure is wrong; the platform is told to mend it"
    )
    for verb in (confirm, reject):
        verb.add_argument("number", metavar="NUMBER", type=int, help="as `anomaly list` shows it")
    raised = _verb(
        anomaly, "raise", "anomaly_raise", "anomalies", "put a member's dispute to the platform that deposited"
    )
    raised.add_argument("member", metavar="CIL", help="code, or exact registered name")
    raised.add_argument("indicator", metavar="INDICATOR", help="technical name of a column, or its French title")
    raised.add_argument("period", metavar="PERIOD", help="2005T1 or 2005")
    for verb in (confirm, reject, raised):
        verb.add_argument("--reason", required=True, metavar="TEXT")
        verb.add_argument("--by", metavar="NAME", help="author (default: the current user)")


def _publication(verbs: Any) -> None:
    published = _verb(verbs, "publish", "publish", "publication", "make the tables of a quarter and send them, now")
    published.add_argument("period", metavar="PERIOD", help="2005T1")
    published.add_argument(
        "--dry-run", action="store_true", help="coverage, changes and number of recipients; write and send nothing"
    )
    listing = _verb(verbs, "releases", "releases", "publication", "editions of the tables", listing=True)
    listing.add_argument("period", metavar="PERIOD", nargs="?")
    release = _group(verbs, "release", "one edition: 2005T1/official-v02, or 2005T1 for the last one")
    shown = _verb(release, "show", "release_show", "publication", "what it is, and where its copies are", listing=True)
    hold = _verb(release, "hold", "release_hold", "publication", "keep it from leaving until it is published by hand")
    withdrawn = _verb(
        release, "withdraw", "release_withdraw", "publication", "take it back; those who have it are told"
    )
    for verb in (shown, hold, withdrawn):
        verb.add_argument("edition", metavar="EDITION")
    for verb in (hold, withdrawn):
        verb.add_argument("--reason", required=True, metavar="TEXT")
    rebuilt = _verb(verbs, "rebuild", "rebuild", "publication", "make an edition again, and compare")
    rebuilt.add_argument("release", metavar="EDITION", help="2005T1/official-v02, or 2005T1 for the last one")
    delivery = _group(verbs, "delivery", "who got which edition")
    copies = _verb(delivery, "list", "delivery_list", "deliveries", "every copy, and what became of it", listing=True)
    copies.add_argument("--state", metavar="S", help="queued, sent, bounced, failed or retried (default: all)")
    again = _verb(delivery, "retry", "delivery_retry", "deliveries", "send again what failed or came back")
    for verb in (copies, again):
        verb.add_argument("what", metavar="PERIOD|EDITION", nargs="?", help="(default: every edition)")
    again.add_argument("--to", metavar="ADDRESS", action="append", help="this address alone (may be repeated)")
    more = _verb(delivery, "send", "delivery_send", "deliveries", "send to one more address or organisation, now")
    more.add_argument("edition", metavar="PERIOD|EDITION")
    more.add_argument("to", metavar="ADDRESS|ORGANISATION")
    for verb in (published, hold, withdrawn, again, more):
        verb.add_argument("--by", metavar="NAME", help="author (default: the current user)")
    explained = _verb(verbs, "explain", "explain", "lineage", "where a published figure comes from", listing=True)
    explained.add_argument("period", metavar="PERIOD", help="2005T1")
    explained.add_argument("member", metavar="CIL", help="code, or exact registered name")
    explained.add_argument(
        "indicator", metavar="INDICATOR", nargs="?", help="technical name of a column, or its French title"
    )


def _reference(verbs: Any) -> None:
    collections = _verb(verbs, "collections", "collections", "reference", "what can be deposited; or one, whole")
    collections.add_argument("collection", metavar="COLLECTION", nargs="?", help="code or slug: its columns and rules")
    collections.add_argument("--period", metavar="P", help="with COLLECTION: the format of that period, e.g. 2003")
    collections.add_argument(
        "--format",
        choices=("text", "json", "frictionless"),
        default="text",
        help="for people, for scripts, or (with COLLECTION) a Frictionless Data Package for others' tools",
    )
    rules = _verb(verbs, "rules", "rules", "reference", "every rule with its code, severity and sentence", listing=True)
    rules.add_argument("collection", metavar="COLLECTION", nargs="?")
    template = _verb(
        verbs,
        "template",
        "template",
        "templates",
        "a workbook to fill in: prefilled rows, drop-downs, the rules",
    )
    template.add_argument("collection", metavar="COLLECTION", help="code or slug")
    template.add_argument("period", metavar="PERIOD", help="2005T1 or 2005")
    template.add_argument(
        "--as", dest="account", metavar="ACCOUNT", required=True, help="the SFTP account that would deposit"
    )
    template.add_argument(
        "-o", dest="output", metavar="FILE.xlsx", required=True, help="where to write it; replaces what is there"
    )


def _register(verbs: Any) -> None:
    directory = _group(verbs, "directory", "the register of organisations")
    imported = _verb(
        directory, "import", "directory_import", "register", "import a folder of CSV files or a workbook", listing=True
    )
    imported.add_argument("path", metavar="PATH")
    imported.add_argument("--yes", action="store_true", help="do it, after the effects were shown")
    imported.add_argument("--by", metavar="NAME", help="author (default: the current user)")
    exported = _verb(directory, "export", "directory_export", "register", "write the register in force")
    exported.add_argument("path", metavar="PATH", help="a folder, or a file ending in .xlsx")
    checked = _verb(
        directory, "check", "directory_check", "register", "check a register without importing it", listing=True
    )
    checked.add_argument("path", metavar="PATH")

    account = _group(verbs, "account", "SFTP accounts")
    add = _verb(account, "add", "account_add", "register", "make an account and its folders")
    add.add_argument("account", metavar="ACCOUNT")
    key = _verb(account, "key", "account_key", "register", "let a public key in")
    key.add_argument("account", metavar="ACCOUNT")
    key.add_argument("file", metavar="FILE.pub", nargs="?")
    key.add_argument("--remove", metavar="SHA256:…", help="let the key of this fingerprint in no more")
    password = _verb(
        account, "password", "account_password", "register", "set a password (asked, or on standard input)"
    )
    password.add_argument("account", metavar="ACCOUNT")
    disable = _verb(account, "disable", "account_disable", "register", "let an account in no more")
    disable.add_argument("account", metavar="ACCOUNT")
    _verb(account, "list", "account_list", "register", "accounts", listing=True)


def _upkeep(verbs: Any) -> None:
    mail = _group(verbs, "mail", "the outbox")
    listing = _verb(mail, "list", "mail_list", "upkeep", "messages, newest first", listing=True)
    listing.add_argument("--state", metavar="S", help="queued, held, sent or failed")
    listing.add_argument("--account", metavar="A")
    shown = _verb(mail, "show", "mail_show", "upkeep", "one message", listing=True)
    shown.add_argument("id", metavar="ID")
    retried = _verb(mail, "retry", "mail_retry", "upkeep", "send again what failed or is held")
    retried.add_argument("ids", metavar="ID", nargs="*", help="all that failed when none is given")

    resumed = _verb(mail, "resume", "mail_resume", "safekeeping", "let mail leave again after a restore")
    resumed.add_argument("--only-new", action="store_true", help="what waits now stays on hold, one by one")

    db = _group(verbs, "db", "the database")
    _verb(db, "upgrade", "db_upgrade", "upkeep", "create or migrate the tables")
    _verb(db, "status", "db_status", "upkeep", "where the schema stands", listing=True)
    purge = _verb(
        verbs,
        "purge",
        "purge",
        "purge",
        "apply retention now: destroy what has come to its end (the service does it every day)",
        listing=True,
    )
    purge.add_argument("--dry-run", action="store_true", help="say what would be destroyed, with the files")
    backed_up = _verb(
        verbs, "backup", "backup", "safekeeping", "a consistent backup, while the service runs", listing=True
    )
    backed_up.add_argument("path", metavar="PATH", help="a folder to be made, best on another disk")
    back = _verb(
        verbs, "restore", "restore", "safekeeping", "a backup into an empty home; mail stays on hold", listing=True
    )
    back.add_argument("path", metavar="PATH", help="the folder that 'guichet backup' made")
    back.add_argument(
        "--former-home",
        metavar="DIR",
        help="the home as it was, moved aside: its later destructions apply, its later deposits are taken again",
    )
    back.add_argument("--destructions", metavar="FILE", help="a destructions.jsonl newer than the backup")
    back.add_argument("--without-damaged", action="store_true", help="leave damaged files out, and name them")
    _verb(verbs, "doctor", "doctor", "upkeep", "configuration, rights, mail, clock, disk, limits", listing=True)
