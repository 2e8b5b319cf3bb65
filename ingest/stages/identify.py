"""Identify: which collection and which period each sheet of a file is (contract §6, Naming a file).

In this order: the deposit that the sheet answers (`guichet_depot`), the name of the sheet, the name of the file (its
collection counts for a file of one sheet, its period for all), the titles and the period columns when they leave one
answer. Nothing in the file can change who deposits.
What can be judged comes out as `IdentifiedSection`, what cannot as a `SectionJudgement` that says why; there is always
at least one of them, in the order of the sheets. A file of which nothing was identified gives one section without a
collection, and nothing of its content is quoted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from domain.cells import column_letters
from domain.findings import Finding
from domain.judgement import SectionJudgement
from domain.organisations import Organisation, OrganisationType
from domain.periods import Period
from domain.text import fold
from ingest.catalogue import Catalogue
from ingest.context import JudgingContext, may_send
from ingest.reading.raw import FileFormat
from ingest.stages import wording
from ingest.stages.completing.named_deposits import NamedTable, named_table
from ingest.stages.context_columns import ContextCells, read_context
from ingest.stages.naming import EXTENSIONS, NameReading, expected_name, read_name
from ingest.stages.periods import close_of
from ingest.stages.sections import Header, IdentifiedSection, blocked_section
from ingest.stages.sheets import SheetView
from rules.messages import quoted, say
from schemas.collection import Collection

__all__ = [
    "Header",
    "Identified",
    "IdentifiedSection",
    "blocked_section",
    "column_letters",
    "identify",
    "is_register_deposit",
    "name_of",
]

Identified = IdentifiedSection | SectionJudgement
REGISTER_WORD = "annuaire"


def is_register_deposit(name: str, organisation: Organisation | None) -> bool:
    """Whether this is UESL depositing the register of organisations (contract §5): its file name begins so."""
    return (
        organisation is not None and organisation.type is OrganisationType.UESL and fold(name).startswith(REGISTER_WORD)
    )


def name_of(
    name: str,
    catalogue: Catalogue,
    context: JudgingContext,
    forced: tuple[Collection, Period] | None = None,
) -> NameReading:
    """What the file's name says, or what the command line said in its place."""
    codes = context.directory.by_code if context.directory else {}
    reading = read_name(name, catalogue, codes=codes)
    if forced is None:
        return reading
    return NameReading(collection=forced[0], period=forced[1], extension=reading.extension)


def identify(
    file_format: FileFormat,
    views: Sequence[SheetView],
    reading: NameReading,
    catalogue: Catalogue,
    context: JudgingContext,
) -> tuple[Identified, ...]:
    """The sections of a file that was read: `views` are its sheets (`look`), `reading` what its name says."""
    return _File(file_format, views, reading, catalogue, context).sections()


@dataclass(kw_only=True)
class _Candidate:
    """A sheet and the collection that it seems to be, until its period is known. `answers`: a deposit told both."""

    view: SheetView
    collection: Collection
    period: Period | None = None
    answers: bool = False
    blocking: list[Finding] = field(default_factory=list)
    remarks: list[Finding] = field(default_factory=list)

    @property
    def sheet(self) -> str | None:
        return self.view.raw.name


class _File:
    """One file being identified."""

    def __init__(
        self,
        file_format: FileFormat,
        views: Sequence[SheetView],
        reading: NameReading,
        catalogue: Catalogue,
        context: JudgingContext,
    ) -> None:
        self.format, self.reading = file_format, reading
        self.views = [view for view in views if not view.ours] or views
        self.catalogue, self.context = catalogue, context
        self.named = {
            view.number: told for view in self.views if (told := named_table(view, reading, context)) is not None
        }
        self.received_on: date = context.received_at.astimezone(context.zone).date()

    # -- the file ---------------------------------------------------------------------------------------------------

    def sections(self) -> tuple[Identified, ...]:
        refusal = self._refused_by_name()
        if refusal is not None:
            return (self._unidentified(refusal),)
        if not self.views:
            return (self._unidentified(wording.no_row()),)
        candidates, unusable = self._candidates()
        if all(view.front for view in self.views):
            return (self._unidentified(wording.our_sheet_alone()),)
        if not candidates and not unusable:
            return (self._unidentified(self._why_unidentified()),)
        for candidate in candidates:
            self._settle(candidate)
        self._block_doubles(candidates)
        finished = [(one.view.number, self._finished(one)) for one in candidates]
        ordered = [section for _number, section in sorted([*finished, *unusable], key=lambda pair: pair[0])]
        return self._with_file_remarks(ordered, [*candidates], [number for number, _ in unusable])

    def _refused_by_name(self) -> Finding | None:
        """What stops the whole file whatever it contains."""
        organisation, emitter = self.context.organisation, self.reading.emitter
        if any(told.refusal is None for told in self.named.values()):
            return None
        if self.reading.announced:
            return wording.announced_collection(self.reading.announced, self._names())
        if emitter is None:
            return None
        own = organisation.code if organisation else self.context.account.upper()
        if emitter.upper() in {own.upper(), self.context.account.upper()}:
            return None
        collection, period = self.reading.collection, self.reading.period
        name = expected_name(collection, period, self.reading.extension) if collection and period else None
        return wording.wrong_emitter(emitter, own, name)

    def _unidentified(self, finding: Finding) -> SectionJudgement:
        """A section for the whole file; with the collection and period of its name where that says both."""
        known = self.reading.usable and not self.reading.wrong_length
        return blocked_section(
            [finding],
            collection=self.reading.collection if known else None,
            period=self.reading.period if known else None,
        )

    def _why_unidentified(self) -> Finding:
        reading = self.reading
        if reading.collection is not None and len(self.views) == 1:
            return wording.no_header(reading.collection, self.views[0].preview)
        near = wording.near_words(reading.word, self.catalogue)
        return wording.unidentified(reading, near, self._names(), sheets=len(self.views))

    def _names(self, collection: Collection | None = None, period: Period | None = None) -> list[str]:
        return wording.names_that_work(
            self.catalogue,
            self.context.organisation,
            self.received_on,
            collection=collection or self.reading.collection,
            period=period or self.reading.period or self.reading.guess,
            extension=self.reading.extension if self.reading.extension in EXTENSIONS else self.format,
        )

    # -- which collection -------------------------------------------------------------------------------------------

    def _candidates(self) -> tuple[list[_Candidate], list[tuple[int, Identified]]]:
        """Sheets that are a collection, and those that are one but cannot say which."""
        candidates: list[_Candidate] = []
        unusable: list[tuple[int, Identified]] = []
        for view in self.views:
            named, told = self._named(view), self.named.get(view.number)
            if told is not None:
                self._answering(view, told, named, candidates, unusable)
            elif named is not None:
                candidates.append(self._candidate(view, named))
            elif len(view.by_headers) == 1:
                candidates.append(_Candidate(view=view, collection=view.by_headers[0]))
            elif view.by_headers:
                finding = wording.several_collections(view.by_headers, self._names())
                unusable.append((view.number, blocked_section([finding], sheet=view.raw.name)))
        if not candidates and not unusable and self.reading.collection is not None:
            candidates.extend(self._by_file_name(self.reading.collection))
        self._check_file_collection(candidates)
        return candidates, unusable

    @staticmethod
    def _answering(
        view: SheetView,
        told: NamedTable,
        named: Collection | None,
        candidates: list[_Candidate],
        unusable: list[tuple[int, Identified]],
    ) -> None:
        """A sheet that answers a deposit is what that deposit was, whatever its name."""
        collection = told.collection or named
        if told.refusal is None and collection is not None:
            candidate = _Candidate(view=view, collection=collection, period=told.period, answers=True)
            candidate.remarks.extend(told.remarks)
            candidates.append(candidate)
        elif told.refusal is not None:
            section = blocked_section([told.refusal], collection=collection, sheet=view.raw.name)
            unusable.append((view.number, section))

    def _named(self, view: SheetView) -> Collection | None:
        if view.named.collection is not None:
            return view.named.collection
        return self.reading.collection if len(self.views) == 1 else None

    def _candidate(self, view: SheetView, named: Collection) -> _Candidate:
        candidate = _Candidate(view=view, collection=named)
        told_by = say("Le nom du fichier")
        if view.named.collection is not None:
            told_by = say("Le nom de la feuille {sheet}", sheet=quoted(view.raw.name or ""))
        other = view.contradicts(named)
        if other is not None:
            names = self._names(other) if view.named.collection is None else []
            candidate.blocking.append(wording.two_answers(told_by, named, say("la ligne de titres"), other, names))
        return candidate

    def _by_file_name(self, named: Collection) -> list[_Candidate]:
        """The one sheet of a workbook that has a title row of the collection that the file name says."""
        fitting = [view for view in self.views if view.header(named) is not None or view.nil(named)]
        return [_Candidate(view=fitting[0], collection=named)] if len(fitting) == 1 else []

    def _check_file_collection(self, candidates: Sequence[_Candidate]) -> None:
        """A file called N1A that holds no N1A at all contradicts itself."""
        named = self.reading.collection
        if named is None or not candidates or any(one.collection is named or one.answers for one in candidates):
            return
        for one in candidates:
            if not one.blocking:
                where = say("la feuille {sheet}", sheet=quoted(one.sheet or ""))
                one.blocking.append(wording.two_answers(say("Le nom du fichier"), named, where, one.collection))

    # -- which period -----------------------------------------------------------------------------------------------

    def _settle(self, candidate: _Candidate) -> None:
        """Find the period of a candidate and check everything that depends on collection and period."""
        view, collection = candidate.view, candidate.collection
        organisation = self.context.organisation
        if organisation is not None and not may_send(collection, organisation):
            candidate.blocking.append(wording.not_sender(collection, organisation))
        form = view.form(collection) if candidate.period is None else collection.at(candidate.period)
        cells = read_context(view.raw, view.header(form), form)
        if not candidate.answers:
            self._find_period(candidate, cells)
        if candidate.period is not None:
            candidate.collection = collection.at(candidate.period)
            self._check_period(candidate, candidate.period)
            self._check_context(candidate, candidate.period, cells, view.header(form))
        self._check_table(candidate)

    def _find_period(self, candidate: _Candidate, cells: ContextCells) -> None:
        collection, sheet = candidate.collection, candidate.view.named
        told = sheet.period or self.reading.period
        if sheet.period and self.reading.period and sheet.period != self.reading.period:
            told_by = say("Le nom du fichier")
            where = say("la feuille {sheet}", sheet=quoted(candidate.sheet or ""))
            candidate.blocking.append(wording.two_periods(told_by, self.reading.period, where, sheet.period))
            return
        if told is None:
            self._period_of_columns(candidate, cells)
        elif NameReading(collection=collection, period=told).wrong_length:
            candidate.blocking.append(wording.wrong_length(collection, told, self._names(collection, told)))
        else:
            candidate.period = told

    def _period_of_columns(self, candidate: _Candidate, cells: ContextCells) -> None:
        view, collection = candidate.view, candidate.collection
        guess = view.named.guess or self.reading.guess
        title = view.title_period(view.header(collection))
        suggested = guess or (title[0] if title else None)
        told = cells.periods()
        if not told:
            reading = (
                self.reading if self.reading.bad_period or not candidate.view.named.bad_period else candidate.view.named
            )
            finding = wording.bad_period(collection, reading, self._names(collection, suggested))
            candidate.blocking.append(finding)
        elif len(told) > 1:
            candidate.blocking.append(wording.several_periods(told.items(), self._names(collection, suggested)))
        else:
            period, row = next(iter(told.items()))
            if guess is not None and guess != period:
                found_in = say("la ligne {row}", row=str(row))
                candidate.blocking.append(wording.two_periods(say("Le nom"), guess, found_in, period, row=row))
            candidate.period = period

    def _check_period(self, candidate: _Candidate, period: Period) -> None:
        collection = candidate.collection
        opens_on = period.starts_on if collection.accumulates else period.following.starts_on
        if self.received_on < opens_on:
            candidate.blocking.append(wording.future_period(period, self.received_on, opens_on))
        first, last = collection.first_period, collection.last_period
        if (first is not None and period < first) or (last is not None and period > last):
            candidate.blocking.append(wording.outside_validity(collection, period))
        closed_on = close_of(period, self.context.close_after_months)
        if closed_on is not None and self.received_on > closed_on:
            candidate.blocking.append(wording.closed_period(period, closed_on))

    def _check_context(self, candidate: _Candidate, period: Period, cells: ContextCells, header: Header | None) -> None:
        """Columns that say platform or period: wholly another one stops the section. `header`: where they were read."""
        organisation = self.context.organisation
        own = [self.context.account, *([organisation.code, organisation.nom] if organisation else [])]
        stranger = cells.first_stranger(own) if organisation else None
        for code, found, expected in (
            ("G-02", stranger, organisation.code if organisation else ""),
            ("G-04", cells.first_other(period), wording.of_period(period)),
        ):
            if found is not None and header is not None:
                name, text, row = found
                candidate.blocking.append(
                    wording.whole_column_differs(
                        code,
                        candidate.collection,
                        wording.Place(name, header.labels[name], text, row, header.columns[name]),
                        expected,
                        _only(cells.periods()) if code == "G-04" else None,
                    )
                )
        title = candidate.view.title_period(header)
        if title is not None and period.quarter and title[0] != period:
            candidate.remarks.append(wording.title_disagrees(title[0], title[1], period))

    def _check_table(self, candidate: _Candidate) -> None:
        view, collection = candidate.view, candidate.collection
        reading = view.readings[collection]
        nil_row = view.nil_among_lines(collection)
        if nil_row is not None:
            candidate.blocking.append(wording.nil_and_lines(nil_row))
        if view.nil(collection):
            candidate.remarks.append(wording.nil_told(collection))
        elif reading.header is None:
            candidate.blocking.append(wording.no_header(collection, view.preview))
        elif reading.cumul_only:
            names = list(reading.cumul_only)
            index = reading.cumul_only[names[0]]
            candidate.blocking.append(wording.cumul_only(collection, names, index, reading.header.row))

    # -- together ---------------------------------------------------------------------------------------------------

    def _block_doubles(self, candidates: Sequence[_Candidate]) -> None:
        for one in candidates:
            same = [
                other
                for other in candidates
                if other.collection is one.collection and other.period == one.period and one.period is not None
            ]
            if len(same) > 1 and one.period is not None:
                sheets = [other.sheet or "" for other in same]
                one.blocking.append(wording.double_section(one.collection, one.period, sheets))

    def _finished(self, candidate: _Candidate) -> Identified:
        header = candidate.view.header(candidate.collection)
        if candidate.blocking or candidate.period is None:
            return blocked_section(
                [*candidate.blocking, *candidate.remarks],
                collection=candidate.collection,
                period=candidate.period,
                sheet=candidate.sheet,
                header=header,
            )
        return IdentifiedSection(
            collection=candidate.collection,
            period=candidate.period,
            sheet=candidate.sheet,
            raw=candidate.view.raw,
            header=header,
            nil=candidate.view.nil(candidate.collection),
            findings=tuple(candidate.remarks),
        )

    def _with_file_remarks(
        self,
        sections: list[Identified],
        candidates: Sequence[_Candidate],
        unusable: Sequence[int],
    ) -> tuple[Identified, ...]:
        """Put what concerns the whole file with its first section: the answer has findings nowhere else."""
        used = {one.view.number for one in candidates} | set(unusable)
        remarks: list[Finding] = []
        ignored = [view for view in self.views if view.number not in used]
        announced = [view for view in ignored if view.named.announced]
        remarks.extend(wording.announced_sheet(view.raw.name or "", str(view.named.announced)) for view in announced)
        others = [view.raw.name or "" for view in ignored if view not in announced]
        if others:
            remarks.append(wording.ignored_sheets(others))
        told = self.reading.extension
        if told is not None and told != self.format and (told, self.format) != ("xlsm", "xlsx"):
            remarks.append(wording.extension_told(told, self.format))
        return (_with_findings(sections[0], remarks), *sections[1:]) if remarks else tuple(sections)


def _with_findings(section: Identified, findings: Sequence[Finding]) -> Identified:
    if isinstance(section, IdentifiedSection):
        return replace(section, findings=(*section.findings, *findings))
    counts = dict(section.finding_counts)
    for finding in findings:
        counts[finding.severity.value] += 1
    together = tuple(sorted([*section.findings, *findings], key=lambda one: one.sort_key))
    return replace(section, findings=together, finding_counts=counts)


def _only(periods: Mapping[Period, int]) -> Period | None:
    """The one period that the columns tell, if they tell one."""
    return next(iter(periods)) if len(periods) == 1 else None
