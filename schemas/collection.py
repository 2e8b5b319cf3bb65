"""A collection: what one kind of deposit is, who owes it, when, and how it is judged (contract §6)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

import pandera.pandas as pa

from domain.organisations import OrganisationType, Service
from domain.periods import Period, Periodicity
from domain.text import normalise_header
from schemas.columns import METADATA_KEY, Column
from schemas.history import History


class CollectionError(ValueError):
    """A collection contradicts itself: for its author, at start-up."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FormerFormat:
    """How a collection was written up to a period, that one included (the 2003 forms); its `model` is complete.

    `label`: what it is called where it matters (« format de 2003 »).
    """

    until: Period
    model: type[pa.DataFrameModel]
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class CarriedOver:
    """Records that come back the year after: a template holds those in force for the year before.

    Not those whose `column` holds one of `ended`; that cell is left for the depositor to fill in.
    """

    column: str
    ended: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Collection:
    """One kind of deposit. The pandera `model` is the single source of its columns.

    `due_days`: calendar days after the period's end; None when there is no due date.
    `tolerance`: share of bad records above which the whole section is rejected; 0 = all or nothing.
    `expected_lines`: one record is owed for each adherent of the platform (contract §6, Who owes).
    `cases`: records are about persons: unknown columns block, no value is ever quoted (G-12).
    `record`: what one line is about, in French, where it is not a CIL/CCI (« dossier terminé dans l’année »).
    `total_labels`: what a line of totals is called besides « Total »; none = such a line is not allowed (C0-4).
    `parameters`: figures that rules use, documented with them.
    `history`: how counts and amounts are compared with the past (A-01…A-06); None = they are not; never for `cases`.
    `retired_columns`: header of an older format → what to do instead (G-15).
    `former`: older formats, the oldest first; `at` gives the collection as it is for a period.
    `examples`: for the guide, column → what stands there on the lines of the example, the others being worked out;
    `{0}` is the year of the example, `{1}` the one before.
    `lines_of_member`: what the lines that a template prepares for a CIL/CCI hold besides it, by column (none: one line,
    of each service); `cumuls`: the lines under them that add theirs up, column by column, where the same things stand.
    `carried_over`: which records of the year before a template already holds; never among `cases`.
    `alerts`: rules whose remark is told to the central body at once, without any value.
    `frequent_mistakes`: for the guide, what people get wrong here and nowhere else → how to mend it, in French.
    """

    code: str
    slug: str
    label: str
    model: type[pa.DataFrameModel]
    periodicity: Periodicity
    due_days: int | None
    senders: frozenset[OrganisationType]
    service: Service | None = None
    tolerance: float = 0.10
    expected_lines: bool = False
    cases: bool = False
    record: str = ""
    title: str = ""
    total_labels: tuple[str, ...] = ()
    first_period: Period | None = None
    last_period: Period | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)
    history: History | None = None
    retired_columns: Mapping[str, str] = field(default_factory=dict)
    former: tuple[FormerFormat, ...] = ()
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    frequent_mistakes: Mapping[str, str] = field(default_factory=dict)
    alerts: tuple[str, ...] = ()
    carried_over: CarriedOver | None = None
    lines_of_member: tuple[Mapping[str, str], ...] = ()
    cumuls: tuple[Mapping[str, str], ...] = ()

    @property
    def a_year_only(self) -> bool:
        """Whether its records are cases, destroyed a year after the closing of their exercice (C0-14, contract §12).

        What is told as it happens (incidents) quotes no person, and is kept as other deposits are.
        """
        return self.cases and self.periodicity is not Periodicity.EVENT

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns in the model's order, each with its technical name."""
        return self._columns_of(self.model)

    def _columns_of(self, model: type[pa.DataFrameModel]) -> tuple[Column, ...]:
        found = []
        for name, column in model.to_schema().columns.items():
            metadata = (column.metadata or {}).get(METADATA_KEY)
            if not isinstance(metadata, Column):
                raise CollectionError(f"{self.code}: column {name!r} is not declared with a kind of schemas.columns")
            found.append(replace(metadata, name=name))
        return tuple(found)

    def at(self, period: Period) -> Collection:
        """The collection in the format of a period: itself, or with the columns of a former format."""
        for one in self.former:
            if period.year <= one.until.year and (one.until.quarter == 0 or period <= one.until):
                return self._formers[one.until]
        return self

    @cached_property
    def _formers(self) -> Mapping[Period, Collection]:
        models = [self.model, *(one.model for one in self.former)]
        return {
            one.until: replace(
                self,
                model=one.model,
                former=(),
                retired_columns=self._strange(one.model, [model for model in models if model is not one.model]),
            )
            for one in self.former
        }

    @cached_property
    def formats(self) -> tuple[Collection, ...]:
        """It as it is now, then in each of its former formats."""
        return (self, *self._formers.values())

    def _strange(self, model: type[pa.DataFrameModel], others: list[type[pa.DataFrameModel]]) -> dict[str, str]:
        """Spellings of the columns that only other formats have → what to do of such a column (G-15)."""
        own = {normalise_header(spelling) for column in self._columns_of(model) for spelling in column.spellings}
        return {
            spelling: f"Supprimez cette colonne (« {column.label} ») : elle n’existe pas pour cette période."
            for other in others
            for column in self._columns_of(other)
            for spelling in column.spellings
            if normalise_header(spelling) not in own
        }

    @cached_property
    def stored_columns(self) -> tuple[Column, ...]:
        """Every column of any format, once: the columns of the table. Formats agree on the type of a shared one."""
        found = {column.name: column for column in self.columns}
        for one in self.former:
            for column in self._columns_of(one.model):
                known = found.setdefault(column.name, column)
                if known.arrow_type != column.arrow_type:
                    raise CollectionError(f"{self.code}: {column.name!r} has another type in a former format")
        return tuple(found.values())

    @cached_property
    def service_column(self) -> Column | None:
        """The column that says to which service a record belongs, where records of both share a collection."""
        return next((column for column in self.columns if column.names_service), None)

    @cached_property
    def services(self) -> tuple[Service, ...]:
        """The services that it is about: its own, else those its records may name, else all."""
        if self.service is not None:
            return (self.service,)
        named = self.service_column
        if named is None or named.codes is None:
            return tuple(Service)
        return tuple(service for service in Service if service.value in named.codes)

    def service_in(self, period: Period | None) -> Service | None:
        """The only service that it is about in the format of a period (None: in any), whose contacts are told.

        None when it is about several.
        """
        formats = self.formats if period is None else (self.at(period),)
        about = {service for one in formats for service in one.services}
        return about.pop() if len(about) == 1 else None

    def lines_for(self, service: Service | None) -> tuple[Mapping[str, str], ...]:
        """What the lines of one CIL/CCI hold besides it, for a service (None: the collection has only one)."""
        named = self.service_column
        if service is None or named is None:
            return ({},)
        own = tuple(one for one in self.lines_of_member if one.get(named.name) == service.value)
        return own or ({named.name: service.value},)

    def cumuls_for(self, service: Service | None) -> tuple[Mapping[str, str], ...]:
        """The lines that add up those of the CIL/CCI, for a service."""
        named = self.service_column
        if service is None or named is None:
            return ()
        return tuple(one for one in self.cumuls if one.get(named.name) == service.value)

    @property
    def accumulates(self) -> bool:
        """Whether deposits of a period add up record by record (events), instead of replacing one another."""
        return self.periodicity is Periodicity.EVENT

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """The columns by technical name."""
        return MappingProxyType({column.name: column for column in self.columns})

    def condition(self, column: Column) -> str | None:
        """When a conditional cell is to be filled in, in French: « quand « Service concerné » est MOB (…) »."""
        if column.when is None:
            return None
        decides = self.by_name[column.when[0]]
        labels = decides.codes or {}
        codes = [f"{code} ({labels[code]})" if code in labels else code for code in column.when[1]]
        return f"quand « {decides.label} » est {' ou '.join(codes)}"

    def column(self, name: str) -> Column:
        """The column with this technical name; KeyError when there is none."""
        return self.by_name[name]

    @cached_property
    def key(self) -> tuple[str, ...]:
        """Names of the columns that identify a record within a deposit."""
        return tuple(column.name for column in self.columns if column.key)

    @cached_property
    def quantities(self) -> tuple[Column, ...]:
        """The columns that add up."""
        return tuple(column for column in self.columns if column.quantity)

    @cached_property
    def member_column(self) -> Column | None:
        """The column that names the CIL/CCI, if records are about one."""
        return next((column for column in self.columns if column.kind == "member"), None)

    @cached_property
    def register_columns(self) -> frozenset[str]:
        """Names of the columns that the register can fill in: the member, its name, its département."""
        member = self.member_column
        named = {member.name, member.stand_in} if member is not None else set()
        told = {column.name for column in self.columns if column.register is not None}
        return frozenset({*told, *(name for name in named if name is not None)})

    @cached_property
    def header_names(self) -> Mapping[str, str]:
        """Normalised header → technical name: technical names, French labels and aliases.

        Two columns that answer to the same header are a mistake of the collection's author: CollectionError.
        """
        names: dict[str, str] = {}
        for column in self.columns:
            for spelling in column.spellings:
                header = normalise_header(spelling)
                if not header or names.setdefault(header, column.name) != column.name:
                    raise CollectionError(
                        f"{self.code}: header {spelling!r} names {names.get(header)!r} and {column.name!r}"
                    )
        return MappingProxyType(names)

    @cached_property
    def retired_headers(self) -> Mapping[str, str]:
        """Normalised header of an older format → what to do instead (G-15)."""
        strange = {**self._strange(self.model, [one.model for one in self.former]), **self.retired_columns}
        return MappingProxyType({normalise_header(name): advice for name, advice in strange.items()})

    @cached_property
    def total_headings(self) -> frozenset[str]:
        """Normalised labels of a TOTAL line; empty when the collection has none."""
        if not self.total_labels:
            return frozenset()
        always = ("total", "totaux", "total general", "total national", "ensemble")
        return frozenset({*(normalise_header(label) for label in self.total_labels), *map(normalise_header, always)})

    @cached_property
    def fingerprint(self) -> str:
        """A short hash of the format: it changes when a column does."""
        document = json.dumps([column.as_document() for column in self.columns], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(f"{self.code}\n{self.slug}\n{document}".encode()).hexdigest()[:16]

    def described_columns(self) -> list[dict[str, Any]]:
        """The columns as published; a conditional one says besides in French when it is to be filled in."""
        return [{**column.as_document(), "condition": self.condition(column)} for column in self.columns]

    def as_document(self) -> dict[str, Any]:
        """The published description, ready for JSON."""
        return {
            "code": self.code,
            "slug": self.slug,
            "label": self.label,
            "title": self.title or self.label,
            "periodicity": self.periodicity.value,
            "due_days": self.due_days,
            "senders": sorted(sender.value for sender in self.senders),
            "service": None if self.service is None else self.service.value,
            "tolerance": self.tolerance,
            "expected_lines": self.expected_lines,
            "cases": self.cases,
            "first_period": None if self.first_period is None else self.first_period.code,
            "last_period": None if self.last_period is None else self.last_period.code,
            "parameters": dict(self.parameters),
            "history": None if self.history is None else self.history.as_document(),
            "fingerprint": self.fingerprint,
            "columns": self.described_columns(),
            "former": [
                {"until": one.until.code, "label": one.label, "columns": self._formers[one.until].described_columns()}
                for one in self.former
            ],
        }
