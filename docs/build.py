"""Writes the reference pages and the example settings from the code; `--check` only compares (make check)."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from domain.findings import Severity
from ingest.catalogue import load_catalogue
from ingest.cli.parser import build_parser
from ingest.settings import Settings
from rendering.guide import guide_pages
from schemas.collection import Collection
from schemas.table_schema import data_package

ROOT = Path(__file__).resolve().parent.parent
GUIDE = ROOT / "docs" / "guide"
HEADER = "<!-- Written by `make reference` from the code: do not edit. -->\n\n"
SEVERITIES = {
    Severity.BLOCKING: "bloquant",
    Severity.ERROR: "erreur",
    Severity.WARNING: "avertissement",
    Severity.INFO: "information",
}


def pages() -> dict[Path, str]:
    """Every generated file with its text."""
    reference = ROOT / "docs" / "reference"
    return {
        reference / "settings.md": HEADER + "".join(_settings()),
        reference / "cli.md": HEADER + "".join(_cli()),
        reference / "collections.md": HEADER + "".join(_collections()),
        reference / "rules.md": HEADER + "".join(_rules()),
        ROOT / "deploy" / "guichet.example.toml": "".join(_example()),
        **_formats(reference / "formats"),
        **_guide(),
    }


def _formats(folder: Path) -> dict[Path, str]:
    """Every collection for others' tools: whole, and as a Frictionless Data Package."""
    catalogue = load_catalogue()
    made: dict[Path, str] = {}
    for one in catalogue.collections:
        made[folder / f"{one.code}.json"] = _json(catalogue.describe(one))
        made[folder / f"{one.code}.datapackage.json"] = _json(data_package(one))
        for former in one.former:
            made[folder / f"{one.code}.until-{former.until}.datapackage.json"] = _json(
                data_package(one.at(former.until))
            )
    return made


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _guide() -> dict[Path, str]:
    """The depositors' guide, as an account finds it in `diffusion/guide/`, with nothing known of the desk."""
    catalogue = load_catalogue()
    made = guide_pages(catalogue.collections, catalogue.rules_for)
    return {GUIDE / name: html for name, html in made.items()}


def leftovers(made: Iterable[Path]) -> list[Path]:
    """Generated files that nothing writes any more."""
    written = {*GUIDE.glob("*.html"), *(ROOT / "docs" / "reference" / "formats").glob("*.json")}
    return sorted(written - set(made))


def _default(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, SecretStr):
        return "–"
    return f"`{value}`"


def _settings() -> Iterator[str]:
    yield "# Settings\n\nOne TOML file; every key can be overridden by `GUICHET_<KEY>`; unknown keys are refused.\n\n"
    yield "| key | default | what it is |\n|---|---|---|\n"
    for name, field in Settings.model_fields.items():
        yield f"| `{name}` | {_default(field.default)} | {field.description} |\n"


def _example() -> Iterator[str]:
    yield "# Guichet: every setting with its default. Copy what you change to guichet.toml.\n"
    yield "# Relative paths are relative to the file. Any key can be overridden by GUICHET_<KEY>.\n"
    for name, field in Settings.model_fields.items():
        yield f"\n# {field.description}\n"
        value = field.default
        if value is None:
            yield f"# {name} =\n"
        elif isinstance(value, bool):
            yield f"# {name} = {str(value).lower()}\n"
        elif isinstance(value, int | float):
            yield f"# {name} = {value}\n"
        else:
            yield f'# {name} = "{value}"\n'


def _cli() -> Iterator[str]:
    yield "# Command line\n\nGlobal options may stand before or after the verb.\n"
    parser = build_parser()
    yield f"\n```\n{_help(parser)}```\n"
    yield from _verbs(parser, "guichet")


def _help(parser: argparse.ArgumentParser) -> str:
    parser.formatter_class = lambda prog: argparse.HelpFormatter(prog, width=100)  # type: ignore[assignment]
    return parser.format_help()


def _verbs(parser: argparse.ArgumentParser, prefix: str) -> Iterator[str]:
    for action in parser._actions:  # noqa: SLF001 - argparse offers no other way to list its verbs
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for name, verb in action.choices.items():
                if any(isinstance(one, argparse._SubParsersAction) for one in verb._actions):  # noqa: SLF001
                    yield from _verbs(verb, f"{prefix} {name}")
                else:
                    yield f"\n## {prefix} {name}\n\n```\n{_help(verb)}```\n"


def _collections() -> Iterator[str]:
    yield "# Collections\n"
    for one in load_catalogue().collections:
        yield f"\n## {one.code} – {one.label}\n\nNom technique : `{one.slug}`. "
        yield f"Périodicité : {one.periodicity.value}. "
        yield f"Échéance : {one.due_days} jours après la fin de la période. " if one.due_days is not None else ""
        yield f"Déposée par : {', '.join(sorted(one.senders))}. Tolérance : {one.tolerance:.0%}.\n\n"
        yield from _columns(one)
        for former in one.former:
            label = f" ({former.label})" if former.label else ""
            yield f"\nJusqu’à la période {former.until}{label} :\n\n"
            yield from _columns(one.at(former.until))
        yield from _parameters(one)


def _columns(one: Collection) -> Iterator[str]:
    yield "| colonne | libellé | type | obligatoire | liste |\n|---|---|---|---|---|\n"
    for column in one.columns:
        required = "colonne facultative" if column.optional else ("oui" if column.required else "non")
        if column.when is not None:
            required = f"{one.condition(column)} ; sinon {'vide' if column.empty_elsewhere else 'facultative'}"
        kind = f"{column.kind.value}, libre" if column.free_text else column.kind.value
        codes = "" if not column.codes else f"{len(column.codes)} codes"
        yield f"| `{column.name}` | {column.label} | {kind} | {required} | {codes} |\n"


def _parameters(one: Collection) -> Iterator[str]:
    """The figures that rules use; `history` is explained in `docs/explanation/anomalies.md`."""
    if one.parameters:
        yield "\nParamètres : " + ", ".join(f"`{name}` = {value}" for name, value in one.parameters.items()) + ".\n"
    if one.history is not None:
        told = one.history.as_document()
        yield "\nComparaison avec le passé (A-01 à A-06) : "
        yield ", ".join(f"`{name}` = {value}" for name, value in told.items() if value != {}) + ".\n"


def _rules() -> Iterator[str]:
    catalogue = load_catalogue()
    yield "# Rules\n\nCodes are stable and public.\n\n## Generic\n\n"
    generic = catalogue.described_rules()
    own = {rule.code for one in catalogue.collections for rule in catalogue.rules_for(one).rules}
    yield "| code | gravité | étape | règle |\n|---|---|---|---|\n"
    for rule in generic:
        if rule.code not in own:
            yield f"| {rule.code} | {SEVERITIES[rule.severity]} | {rule.stage.label} | {rule.sentence} |\n"
    for one in catalogue.collections:
        yield f"\n## {one.code} – {one.label}\n\n| code | gravité | étape | règle |\n|---|---|---|---|\n"
        for rule in catalogue.rules_for(one).rules:
            yield f"| {rule.code} | {SEVERITIES[rule.severity]} | {rule.stage.label} | {rule.sentence} |\n"


def main() -> int:
    """Write, or compare."""
    check = "--check" in sys.argv[1:]
    made = pages()
    stale = leftovers(made)
    if not check:
        for path in stale:
            path.unlink()
    for path, text in made.items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in stale:
        sys.stdout.write(f"{'out of date' if check else 'written'}: {path.relative_to(ROOT)}\n")
    if check and stale:
        sys.stdout.write("run: make reference\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
