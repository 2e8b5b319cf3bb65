"""Accounts: names, keys, passwords, and a file that is always whole."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import asyncssh
import pytest

from domain.errors import CannotDo
from ingest.accounts import FOLDERS, AccountError, AccountStore, Added, key_fingerprint, load_accounts

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> AccountStore:
    return AccountStore(tmp_path / "home" / "accounts" / "accounts.json", tmp_path / "inbox")


def public(kind: str = "ssh-ed25519", **options: int) -> str:
    return asyncssh.generate_private_key(kind, comment="poste 3", **options).export_public_key("openssh").decode()


def test_a_new_account_has_its_folders_and_is_listed(store: AccountStore, tmp_path: Path) -> None:
    assert store.add("pf03", AT) is Added.CREATED
    assert sorted(each.name for each in (tmp_path / "inbox" / "pf03").iterdir()) == sorted(FOLDERS)
    (account,) = store.list()
    assert (account.name, account.enabled, account.created_at) == ("pf03", True, AT)
    assert (account.keys, account.password_hash) == ((), None)


def test_adding_twice_says_what_to_do_next(store: AccountStore) -> None:
    store.add("pf03", AT)
    with pytest.raises(AccountError, match=r"exists already: .*guichet account key pf03"):
        store.add("pf03", AT)


def test_adding_a_disabled_account_opens_it_again_with_what_it_had(store: AccountStore) -> None:
    store.add("pf03", AT)
    store.set_password("pf03", "un-mot-de-passe")
    store.disable("pf03")
    assert not store.get("pf03").enabled
    assert store.add("pf03", AT) is Added.ENABLED_AGAIN
    assert store.get("pf03").enabled
    assert store.get("pf03").password_hash is not None


@pytest.mark.parametrize(
    "name", ["", "PF03", "-pf", ".guichet", "..", "pf/03", "pf 03", "é", "a" * 33, "pf03\n", "pf\x00", "_x"]
)
def test_a_name_that_cannot_be_a_folder_is_refused(store: AccountStore, name: str) -> None:
    for act in (lambda: store.add(name, AT), lambda: store.make_folders(name)):
        with pytest.raises(AccountError, match="cannot be an account name"):
            act()


def test_an_unknown_account_is_told_how_to_make_it(store: AccountStore) -> None:
    for act in (
        lambda: store.get("pf09"),
        lambda: store.disable("pf09"),
        lambda: store.set_password("pf09", "un-mot-de-passe"),
        lambda: store.add_key("pf09", public()),
    ):
        with pytest.raises(CannotDo, match="guichet account add pf09"):
            act()


def test_a_key_is_kept_once_and_named_by_its_fingerprint(store: AccountStore) -> None:
    store.add("pf03", AT)
    line = public()
    fingerprint = store.add_key("pf03", line)
    assert store.add_key("pf03", line.replace("poste 3", "autre")) == fingerprint
    (kept,) = store.get("pf03").keys
    assert key_fingerprint(kept) == fingerprint
    assert store.authorized_keys("pf03") == f"restrict {kept}\n"
    store.disable("pf03")
    assert store.authorized_keys("pf03") == ""
    store.remove_key("pf03", fingerprint)
    assert store.get("pf03").keys == ()
    with pytest.raises(AccountError, match="has no key"):
        store.remove_key("pf03", fingerprint)


def test_options_before_a_key_are_refused(store: AccountStore) -> None:
    store.add("pf03", AT)
    with pytest.raises(AccountError):
        store.add_key("pf03", 'command="rm -rf /" ' + public())


def test_a_putty_style_public_key_is_understood(store: AccountStore) -> None:
    store.add("pf03", AT)
    key = asyncssh.generate_private_key("ssh-ed25519")
    assert store.add_key("pf03", key.export_public_key("rfc4716").decode()) == key.get_fingerprint()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode(), "PRIVATE key"),
        ("PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\nAAAA\n", "PRIVATE key"),
        ("", "found 0 lines"),
        ("bonjour", "not a public key"),
        ("ssh-ed25519 AAAA", "not a public key"),
        (public() + public(), "found 2 lines"),
        ("x" * 100_000, "too long"),
    ],
    ids=["private", "putty private", "empty", "words", "cut", "two", "too long"],  # the keys are others each time
)
def test_what_is_not_one_public_key_is_refused_in_words(store: AccountStore, text: str, says: str) -> None:
    store.add("pf03", AT)
    with pytest.raises(AccountError, match=says):
        store.add_key("pf03", text)
    assert store.get("pf03").keys == ()


def test_weak_keys_are_refused_and_strong_ones_kept(store: AccountStore) -> None:
    store.add("pf03", AT)
    with pytest.raises(AccountError, match="2048 bits, at least 3072"):
        store.add_key("pf03", public("ssh-rsa", key_size=2048))
    store.add_key("pf03", public("ssh-rsa", key_size=3072))
    store.add_key("pf03", public("ecdsa-sha2-nistp256"))
    assert len(store.get("pf03").keys) == 2


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("court", "too short"),
        ("plateforme-03", "own name"),
        ("PLATEFORME-03", "own name"),
        ("x" * 2000, "too long"),
        ("avec\tune-tabulation", "control character"),
        ("avec-un-caract\ufff9ere", "cannot send"),
    ],
)
def test_a_weak_password_is_refused_in_words(store: AccountStore, password: str, says: str) -> None:
    store.add("plateforme-03", AT)
    with pytest.raises(AccountError, match=says):
        store.set_password("plateforme-03", password)


def test_only_an_argon2id_hash_is_kept_and_repr_hides_it(store: AccountStore, tmp_path: Path) -> None:
    store.add("pf03", AT)
    store.set_password("pf03", "un-mot-de-passe")
    path = tmp_path / "home" / "accounts" / "accounts.json"
    assert "un-mot-de-passe" not in path.read_text()
    hashed = store.get("pf03").password_hash
    assert hashed is not None
    assert hashed.startswith("$argon2id$")
    assert hashed not in repr(store.get("pf03"))
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_two_writers_lose_nothing(store: AccountStore) -> None:
    def add(index: int) -> None:
        store.add(f"pf{index:02}", AT)

    threads = [threading.Thread(target=add, args=(index,)) for index in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.list()) == 16


def test_a_damaged_or_newer_file_is_never_overwritten(store: AccountStore, tmp_path: Path) -> None:
    store.add("pf03", AT)
    path = tmp_path / "home" / "accounts" / "accounts.json"
    for text in ('{"schema": 1, "accounts": [', '{"schema": 1}', "[]", '{"schema": 1, "accounts": [{"name": "../x"}]}'):
        path.write_text(text)
        with pytest.raises(AccountError, match="damaged"):
            store.add("pf04", AT)
        assert path.read_text() == text
    path.write_text(json.dumps({"schema": 2, "accounts": []}))
    with pytest.raises(AccountError, match="newer Guichet"):
        load_accounts(path)


def test_a_link_in_place_of_a_folder_is_refused(store: AccountStore, tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "ailleurs").mkdir()
    (tmp_path / "inbox" / "pf03").symlink_to(tmp_path / "ailleurs")
    with pytest.raises(AccountError, match="not a folder"):
        store.add("pf03", AT)
    assert list((tmp_path / "ailleurs").iterdir()) == []
