"""`directory` and `account`: the register of organisations, and the accounts by which they come in."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path
from typing import Any

from domain.errors import CannotDo
from ingest.cli.output import emit_json, emit_rows, note, say
from ingest.wiring import Wiring, current_user


def directory_import(arguments: argparse.Namespace) -> int:
    """Import a register: findings first, then effects, then `--yes`."""
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        result = wiring.register.import_from(
            Path(arguments.path),
            wiring.new_reader(),
            author=arguments.by or current_user(),
            now=wiring.clock.now(),
            confirmed=arguments.yes,
            accounts=wiring.accounts,
        )
        if result.imported:
            wiring.ledger.open_obligations(wiring.register.current(), wiring.clock.now())
    if arguments.format == "json":
        emit_json([result.as_document()])
    else:
        _say_findings(result.lines)
        for line in result.effect_lines:
            say(line)
        (say if result.imported or not result.exit_status else note)(result.sentence)
    return result.exit_status


def directory_check(arguments: argparse.Namespace) -> int:
    """Check a register; exit 1 when it could not be imported."""
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        result = wiring.register.check(Path(arguments.path), wiring.new_reader())
    if arguments.format == "json":
        emit_json([result.as_document()])
    else:
        _say_findings(result.lines)
        say(result.sentence)
    return result.exit_status


def _say_findings(lines: list[str]) -> None:
    for line in lines:
        say(line)


def directory_export(arguments: argparse.Namespace) -> int:
    """Write the register in force."""
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        say(wiring.register.export(Path(arguments.path)))
    return 0


def account_add(arguments: argparse.Namespace) -> int:
    """Make an account and its folders."""
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        wiring.make_home()
        added = wiring.accounts.add(arguments.account, wiring.clock.now())
        folder = wiring.settings.inbox / arguments.account
        if wiring.settings.sftp_openssh:
            say(f"account {arguments.account}: {added.value.replace('_', ' ')}; root makes its user and {folder}")
            say(f"next: guichet account key {arguments.account} FILE.pub, then deploy/openssh/sync-accounts.sh as root")
            return 0
        say(f"account {arguments.account}: {added.value.replace('_', ' ')}; folders in {folder}")
        say(f"next: guichet account key {arguments.account} FILE.pub, or guichet account password {arguments.account}")
    return 0


def account_key(arguments: argparse.Namespace) -> int:
    """Let a public key in, or one no more."""
    if (arguments.file is None) == (arguments.remove is None):
        raise CannotDo("give a public key file to let in, or --remove SHA256:… to let one in no more")
    if arguments.remove is not None:
        with Wiring.from_options(arguments.config, arguments.at) as wiring:
            wiring.accounts.remove_key(arguments.account, arguments.remove)
        say(f"account {arguments.account}: key {arguments.remove} is let in no more")
        return 0
    path = Path(arguments.file)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotDo(f"{path} cannot be read: {error}; give the public key file, such as id_ed25519.pub") from None
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        fingerprint = wiring.accounts.add_key(arguments.account, text)
    say(f"account {arguments.account}: key {fingerprint} is let in")
    return 0


def account_password(arguments: argparse.Namespace) -> int:
    """Set a password, asked twice on a terminal, else read from standard input."""
    if sys.stdin.isatty():
        password = getpass.getpass(f"password for {arguments.account}: ")
        if getpass.getpass("again: ") != password:
            raise CannotDo("the two passwords differ; nothing was changed")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        wiring.accounts.set_password(arguments.account, password)
    say(f"account {arguments.account}: password set")
    return 0


def account_disable(arguments: argparse.Namespace) -> int:
    """Let an account in no more."""
    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        wiring.accounts.disable(arguments.account)
    say(f"account {arguments.account}: disabled; what it has deposited is still judged and answered")
    return 0


def account_list(arguments: argparse.Namespace) -> int:
    """The accounts."""
    from ingest.accounts import key_fingerprint  # noqa: PLC0415 - costs the SSH library

    with Wiring.from_options(arguments.config, arguments.at) as wiring:
        rows: list[dict[str, Any]] = [
            {
                "account": account.name,
                "enabled": account.enabled,
                "keys": len(account.keys),
                "password": account.password_hash is not None,
                "created_at": account.created_at.astimezone(wiring.settings.zone).isoformat(timespec="seconds"),
                "fingerprints": [key_fingerprint(key) for key in account.keys],
                "authorized_keys": list(account.keys),
            }
            for account in wiring.accounts.list()
        ]
    headings = {
        "account": "ACCOUNT",
        "enabled": "ENABLED",
        "keys": "KEYS",
        "password": "PASSWORD",
        "created_at": "CREATED",
        "fingerprints": "FINGERPRINTS",
    }
    shown = (
        rows
        if arguments.format == "json"
        else [
            {
                **row,
                "enabled": "yes" if row["enabled"] else "no",
                "password": "yes" if row["password"] else "no",
                "fingerprints": " ".join(row["fingerprints"]),
            }
            for row in rows
        ]
    )
    emit_rows(shown, headings, arguments.format, empty="no account yet: guichet account add ACCOUNT")
    return 0
