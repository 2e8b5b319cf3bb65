"""Finds collections and their rules by name, checks that they agree, and gives them to the engine.

A module `schemas.<scheme>.<x>` exposes `COLLECTION`, a module `rules.<scheme>.<y>` exposes `RULES`; both packages
are open (`pkgutil.extend_path`), so that a collection can live in a folder of its own on the Python path. Only this
module imports them.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.abc import InspectLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import rules as rules_package
import schemas as schemas_package
from domain.errors import CannotDo
from domain.text import normalise_header
from rules.description import describe
from rules.generic import GENERIC_RULES
from rules.rule import Rule, RuleSet, RuleSetError
from schemas.collection import Collection, CollectionError

DISTRIBUTION = "guichet"
HERE = Path(__file__).resolve().parents[1]
"""Where our own `schemas` and `rules` lie."""


class CatalogueError(CannotDo):
    """Collections and rules do not agree; the message names the module to mend."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Catalogue:
    """Everything that may be deposited, and what must be true of it; collections by code."""

    collections: tuple[Collection, ...]
    rule_sets: Mapping[str, RuleSet]
    rules_version: str

    @cached_property
    def _by_word(self) -> dict[str, Collection]:
        words: dict[str, Collection] = {}
        for collection in self.collections:
            words[_word(collection.code)] = collection
            words[_word(collection.slug)] = collection
        return words

    def by_code(self, code: str) -> Collection | None:
        """The collection with exactly this code."""
        return next((one for one in self.collections if one.code == code), None)

    def by_slug(self, slug: str) -> Collection | None:
        """The collection with exactly this slug."""
        return next((one for one in self.collections if one.slug == slug), None)

    def find(self, word: str) -> Collection | None:
        """The collection that a person means: code or slug, case aside, `-` and `_` alike."""
        return self._by_word.get(_word(word))

    def rules_for(self, collection: Collection) -> RuleSet:
        """The collection's own rules."""
        return self.rule_sets[collection.code]

    def described_rules(self, collection: Collection | None = None) -> tuple[Rule, ...]:
        """Generic rules, then the collection's own (or those of all): what `guichet rules` prints."""
        chosen = self.collections if collection is None else (collection,)
        return (*GENERIC_RULES, *(rule for one in chosen for rule in sorted(self.rules_for(one).rules, key=_code)))

    def describe(self, collection: Collection) -> dict[str, Any]:
        """A collection with its columns, lists and rules, ready for JSON."""
        return describe(collection, self.described_rules(collection))

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Every normalised header that some collection knows."""
        every = (form for collection in self.collections for form in collection.formats)
        return frozenset(header for form in every for header in form.header_names)


def _code(rule: Rule) -> str:
    return rule.code


def _word(text: str) -> str:
    return normalise_header(text)


@cache
def load_catalogue() -> Catalogue:
    """Import all collections and rules; CatalogueError when they do not agree. Cached for the process."""
    return build_catalogue()


def build_catalogue() -> Catalogue:
    """`load_catalogue` without the cache, for a Python path that has changed."""
    schema_modules = dict(_modules(schemas_package))
    rule_modules = dict(_modules(rules_package))
    collections = _collections(schema_modules)
    rule_sets = _rule_sets(rule_modules, collections)
    return Catalogue(
        collections=tuple(sorted(collections.values(), key=lambda one: one.code)),
        rule_sets=rule_sets,
        rules_version=_rules_version({**schema_modules, **rule_modules}),
    )


def _modules(package: ModuleType) -> Iterator[tuple[str, ModuleType]]:
    """The modules of `package` and those of the schemes inside it, by dotted name."""
    _with_ours(package)
    for name in _names(package):
        try:
            module = importlib.import_module(name)
        except CannotDo:
            raise
        except Exception as error:
            raise CatalogueError(f"module {name} cannot be loaded: {type(error).__name__}: {error}") from error
        yield name, module
        if hasattr(module, "__path__"):
            yield from _modules(module)


def _with_ours(package: ModuleType) -> None:
    """Our own folder is always part of the package.

    Where guichet is installed in editable mode, Python finds a folder of the path first, and takes it, when it has
    no `__init__.py`, for the whole package.
    """
    ours = HERE.joinpath(*package.__name__.split("."))
    if ours.is_dir() and ours not in {Path(each).resolve() for each in package.__path__}:
        package.__path__ = [str(ours), *package.__path__]


def _names(package: ModuleType) -> list[str]:
    """What lies in the package's folders; a scheme's folder needs no `__init__.py`, which `pkgutil` would insist on."""
    names = {found.name for found in pkgutil.iter_modules(package.__path__)}
    for folder in (Path(each) for each in package.__path__):
        names |= {one.parent.name for one in folder.glob("*/*.py") if one.parent.name.isidentifier()}
    return [f"{package.__name__}.{name}" for name in sorted(names)]


def _collections(modules: Mapping[str, ModuleType]) -> dict[str, Collection]:
    collections: dict[str, Collection] = {}
    taken: dict[str, str] = {}
    for name, module in modules.items():
        collection = getattr(module, "COLLECTION", None)
        if collection is None or name.count(".") < 2:  # noqa: PLR2004 - schemas.<scheme>.<x>
            continue
        if not isinstance(collection, Collection):
            raise CatalogueError(
                f"{name}.COLLECTION is a {type(collection).__name__}, not a schemas.collection.Collection"
            )
        for word in {_word(collection.code), _word(collection.slug)}:
            if word in taken:
                raise CatalogueError(f"{name}: {word!r} already names the collection of {taken[word]}")
            taken[word] = name
        _check_collection(name, collection)
        collections[collection.code] = collection
    return collections


def _check_collection(name: str, collection: Collection) -> None:
    try:
        columns, headers = collection.stored_columns, collection.header_names
        formats = collection.formats
        _headers = [form.header_names for form in formats]
    except CollectionError as error:
        raise CatalogueError(f"{name}: {error}") from error
    if not columns or not headers:
        raise CatalogueError(f"{name}: the model of {collection.code} has no column")
    if not collection.key:
        raise CatalogueError(f"{name}: no column of {collection.code} is a key; declare at least one with key=True")
    if _word(collection.slug) != collection.slug:
        raise CatalogueError(f"{name}: slug {collection.slug!r} must be lower case letters, digits and '_'")
    for form in formats:
        if form.key != collection.key:
            raise CatalogueError(f"{name}: a former format of {collection.code} has another key")
        for column in form.columns:
            if column.stand_in is not None and column.stand_in not in form.by_name:
                raise CatalogueError(f"{name}: {column.name} names {column.stand_in!r}, which is no column")
    if not 0 <= collection.tolerance <= 1:
        raise CatalogueError(f"{name}: tolerance {collection.tolerance} is not between 0 and 1")


def _rule_sets(modules: Mapping[str, ModuleType], collections: Mapping[str, Collection]) -> dict[str, RuleSet]:
    rule_sets: dict[str, RuleSet] = {}
    for name, module in modules.items():
        rule_set = getattr(module, "RULES", None)
        if rule_set is None or name.count(".") < 2:  # noqa: PLR2004 - rules.<scheme>.<x>
            continue
        if not isinstance(rule_set, RuleSet):
            raise CatalogueError(f"{name}.RULES is a {type(rule_set).__name__}, not a rules.rule.RuleSet")
        collection = collections.get(rule_set.collection)
        if collection is None:
            raise CatalogueError(f"{name}: rules of {rule_set.collection!r}, but no such collection under schemas")
        if rule_set.collection in rule_sets:
            raise CatalogueError(f"{name}: the rules of {rule_set.collection} are already given by another module")
        try:
            rule_set.check_against(collection)
        except RuleSetError as error:
            raise CatalogueError(f"{name}: {error}") from error
        rule_sets[rule_set.collection] = rule_set
    for code in collections:
        if code not in rule_sets:
            raise CatalogueError(
                f"collection {code} has no rules: add rules/<scheme>/…py with RULES = RuleSet(collection={code!r})"
            )
    return rule_sets


def _rules_version(modules: Mapping[str, ModuleType]) -> str:
    """Package version and a short hash of the sources of all models and rules; the same on every machine."""
    digest = hashlib.sha256()
    for name in sorted(modules):
        digest.update(f"{name}\n{_source(modules[name])}\n".encode())
    return f"{package_version()}+{digest.hexdigest()[:10]}"


def _source(module: ModuleType) -> str:
    loader = module.__spec__.loader if module.__spec__ is not None else None
    source = loader.get_source(module.__name__) if isinstance(loader, InspectLoader) else None
    return (source or "").replace("\r\n", "\n")


def package_version() -> str:
    """The version of this program; `0` when it runs without being installed."""
    try:
        return importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return "0"
