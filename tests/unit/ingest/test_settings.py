"""Settings: file below environment, unknown keys refused with the nearest one, secrets never shown (contract §4)."""

import pytest

from domain.errors import SettingsError
from ingest.settings import Settings, load_settings


def test_defaults_need_nothing(tmp_path):
    settings = load_settings(environ={}, folder=tmp_path)
    assert settings.home == tmp_path / "var"
    assert settings.database == f"sqlite:///{tmp_path / 'var' / 'guichet.sqlite3'}"
    assert settings.mail == f"maildir:{tmp_path / 'var' / 'mail'}"


def test_the_bounds_and_lengths_are_those_that_were_promised():
    promised = {
        "settle_seconds": 3,
        "unfinished_minutes": 60,
        "retours_days": 400,
        "retours_cases_days": 60,
        "secret_minimum": 11,
        "mail_hours": "8-18",
        "mail_years": 3,
        "contact_days": 365,
        "max_csv_bytes": 300_000_000,
        "max_rows": 1_100_000,
        "max_columns": 1_000,
        "max_workbook_bytes": 100_000_000,
        "max_unpacked_bytes": 500_000_000,
        "sftp_host": "127.0.0.1",
        "sftp_port": 2222,
        "timezone": "Europe/Paris",
        "due_on_working_day": False,
        "close_after_months": None,
    }
    assert {name: Settings.model_fields[name].default for name in promised} == promised
    assert {"max_cell_chars", "max_unpack_ratio", "reading_seconds", "reading_cpu_seconds"} <= set(
        Settings.model_fields
    )


def test_the_environment_stands_above_the_file_and_paths_are_relative_to_the_file(tmp_path):
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "g.toml").write_text('home = "state"\nsettle_seconds = 9\n')
    settings = load_settings(folder / "g.toml", environ={"GUICHET_SETTLE_SECONDS": "0"}, folder=tmp_path)
    assert settings.home == folder / "state"
    assert settings.settle_seconds == 0
    assert settings.inbox == folder / "inbox"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("SETLE_SECONDS", "1", "settle_seconds"),
        ("TIMEZONE", "Europe/Pariss", "Europe/Paris"),
        ("MAIL_MODE", "later", "redirect"),
        ("MAIL_HOURS", "18-8", "8-18"),
        ("MAIL_ADMIN", "nobody", "name@domain"),
        ("FIRST_PERIOD", "2005T7", "2005T1"),
        ("SFTP_PORT", "70000", "65535"),
        ("SETTLE_SECONDS", "-1", "0"),
    ],
)
def test_what_cannot_be_is_refused_with_words(tmp_path, key, value, said):
    with pytest.raises(SettingsError) as caught:
        load_settings(environ={f"GUICHET_{key}": value}, folder=tmp_path)
    assert said in str(caught.value)


def test_a_missing_or_broken_file_is_refused_with_its_path(tmp_path):
    with pytest.raises(SettingsError, match=r"nowhere\.toml"):
        load_settings(tmp_path / "nowhere.toml", environ={}, folder=tmp_path)
    (tmp_path / "guichet.toml").write_text("home = [")
    with pytest.raises(SettingsError, match=r"guichet\.toml"):
        load_settings(environ={}, folder=tmp_path)


def test_secrets_never_show(tmp_path):
    settings = load_settings(
        environ={
            "GUICHET_DATABASE_URL": "postgresql+psycopg://u:hush@h/d",
            "GUICHET_MAIL_URL": "smtps://u:hush@h",
        },
        folder=tmp_path,
    )
    assert "hush" not in repr(settings)
    assert "hush" not in str(settings.model_dump())
    assert "hush" in settings.database


def test_a_sender_may_be_written_with_a_name(tmp_path):
    settings = load_settings(environ={"GUICHET_MAIL_FROM": "Guichet <g@uesl.example>"}, folder=tmp_path)
    assert settings.mail_from == "g@uesl.example"


def test_every_setting_says_what_it_is():
    assert all(field.description and field.description.endswith(".") for field in Settings.model_fields.values())
