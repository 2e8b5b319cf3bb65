"""Judge one file: read, screen, identify, then check each section (contract §6, Judging).

Whatever is wrong with the file comes back as findings. What is wrong with us comes out as `Retry` (the disk) or `Park`
(a bug: the bytes are kept, the administrator is told).
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from functools import lru_cache
from pathlib import Path

from domain.errors import GuichetError, Park, Retry
from domain.findings import Finding
from domain.judgement import Detected, Judgement, ReadTable, SectionJudgement
from domain.periods import Period
from domain.submissions import Box, DroppedFile
from domain.verdicts import Verdict
from ingest.catalogue import Catalogue
from ingest.context import JudgingContext
from ingest.faults import places_of
from ingest.reading.client import Reader
from ingest.reading.raw import RawFile, Unreadable, Vocabulary
from ingest.settings import Settings
from ingest.stages.asides import screen_asides, screen_name, unreadable_nir
from ingest.stages.check_rules import check_rules
from ingest.stages.check_schema import check_schema
from ingest.stages.checked import CheckedSection
from ingest.stages.completing.deciding import complete
from ingest.stages.hidden import tell_hidden
from ingest.stages.identify import Identified, IdentifiedSection, identify, name_of
from ingest.stages.naming import NameReading
from ingest.stages.screening import Screening, screen_sheet
from ingest.stages.sections import blocked_section
from ingest.stages.sheets import SheetView, look, look_at_hidden
from rules.anonymity import NO_NAMES, KnownNames
from rules.generic import generic_finding
from rules.messages import say
from rules.rule import RuleSet
from rules.unreadable import unreadable_finding
from schemas.collection import Collection

__all__ = ["Forced", "Judge"]

Forced = tuple[Collection, Period]
_DESTROYED = {True: Verdict.DESTROYED, False: Verdict.REJECTED}


class Judge:
    """Judges files one after the other with one reading process; one judge a worker."""

    def __init__(self, catalogue: Catalogue, reader: Reader, settings: Settings) -> None:
        """`reader` is the caller's to close."""
        self.catalogue = catalogue
        self.reader = reader
        self.settings = settings
        self._vocabulary = Vocabulary(words=catalogue.vocabulary)

    def judge(
        self,
        path: Path,
        dropped: DroppedFile,
        context: JudgingContext,
        workdir: Path,
        *,
        forced: Forced | None = None,
    ) -> Judgement:
        """The judgement of the file at `path`; the accepted rows are spooled under `workdir` (made if missing).

        `forced` says collection and period in the place of the file's name (`check --collection --period`).

        Raises:
            Retry: our disk failed while the file was read.
            Park: a bug of ours, or the reading process cannot be started.
        """
        try:
            return self._judge(path, dropped, context, workdir, forced)
        except GuichetError:
            raise
        except OSError as error:
            raise Retry(f"judging {dropped.submission_id}: {error}") from error
        except Exception as error:
            # Not in the library's own words, which may quote a cell (contract §6, §11).
            place = places_of(error)
            raise Park(f"judging {dropped.submission_id} failed: {type(error).__name__} ({place})") from error

    def _judge(
        self,
        path: Path,
        dropped: DroppedFile,
        context: JudgingContext,
        workdir: Path,
        forced: Forced | None,
    ) -> Judgement:
        sheets = workdir / "sheets"
        sheets.mkdir(parents=True, exist_ok=True)
        reading = name_of(dropped.name, self.catalogue, context, forced)
        raw = self.reader.read(path, name=dropped.name, workdir=sheets, vocabulary=self._vocabulary)
        if isinstance(raw, Unreadable):
            nominative = (*screen_name(dropped.name), *((unreadable_nir(),) if raw.nominative else ()))
            found = nominative or (unreadable_finding(raw.reason.value, raw.detail),)
            section = _named_section(found, reading, verdict=_DESTROYED[bool(nominative)])
            return self._judgement(Detected(), (section,), context, destroy=bool(nominative))
        detected = Detected(format=raw.format, encoding=raw.encoding, separator=raw.separator)
        codes = context.directory.by_code if context.directory else {}
        views = self.views_of(raw, codes)
        nominative = (*screen_name(dropped.name), *_screen(raw, views, reading, self.catalogue, context))
        if nominative:
            section = _named_section(nominative, reading, verdict=Verdict.DESTROYED)
            return self._judgement(detected, (section,), context, destroy=True)
        identified = tell_hidden(identify(raw.format, views, reading, self.catalogue, context), raw)
        sections = tuple(self._check(one, dropped, context, workdir) for one in identified)
        row = next((one.header_row for one in sections if one.header_row is not None), None)
        detected = Detected(format=raw.format, encoding=raw.encoding, separator=raw.separator, header_row=row)
        return self._judgement(detected, sections, context, tables=_tables(raw))

    def _judgement(
        self,
        detected: Detected,
        sections: tuple[SectionJudgement, ...],
        context: JudgingContext,
        *,
        destroy: bool = False,
        tables: tuple[ReadTable, ...] = (),
    ) -> Judgement:
        return Judgement(
            detected=detected,
            sections=sections,
            rules_version=self.catalogue.rules_version,
            judged_at=context.now,
            directory_version=context.directory.version if context.directory else None,
            destroy=destroy,
            tables=tables,
        )

    def _check(
        self,
        section: Identified,
        dropped: DroppedFile,
        context: JudgingContext,
        workdir: Path,
    ) -> SectionJudgement:
        if not isinstance(section, IdentifiedSection):
            return section
        former = self._duplicate_of(section, dropped, context)
        if former is not None:
            return _duplicate(section, former)
        checked = check_schema(section, context, workdir)
        complete(checked, context)
        return check_rules(checked, self.rules_of(checked), context)

    def views_of(self, raw: RawFile, codes: Container[str]) -> tuple[SheetView, ...]:
        """The sheets of a file that was read, with what their names say."""
        return tuple(look(raw, self.catalogue, codes))

    def rules_of(self, checked: CheckedSection) -> RuleSet:
        """What must be true of a section whose records are typed."""
        return self.catalogue.rules_for(checked.section.collection).at(checked.section.collection)

    @staticmethod
    def _duplicate_of(section: IdentifiedSection, dropped: DroppedFile, context: JudgingContext) -> str | None:
        if dropped.test or context.box is Box.ESSAI:
            return None
        return context.ledger.is_duplicate(context.account, section.collection.code, section.period, dropped.sha256)


def _tables(raw: RawFile) -> tuple[ReadTable, ...]:
    return tuple(
        ReadTable(
            index=sheet.index,
            name=sheet.name,
            path=sheet.path if sheet.visible else None,
            n_rows=sheet.n_rows,
            n_columns=sheet.n_columns,
        )
        for sheet in raw.sheets
    )


def _screen(
    raw: RawFile, views: Sequence[SheetView], reading: NameReading, catalogue: Catalogue, context: JudgingContext
) -> tuple[Finding, ...]:
    """What breaks anonymity anywhere in the file, before anything is identified or quoted (G-12)."""
    directory = context.directory
    known = _known_names(directory.names) if directory else NO_NAMES
    starts_on = (reading.period or Period(context.received_at.year)).starts_on
    told = reading.collection if reading.collection is not None and reading.collection.cases else None
    found: list[Finding] = []
    nobody = told is not None
    for view in (*views, *look_at_hidden(raw, catalogue)):
        collection = view.named.collection or (reading.collection if len(views) == 1 and view.raw.visible else None)
        collection = collection or (view.by_headers[0] if view.by_headers else told)
        screening = Screening(
            header=view.any_header if collection is None else view.header(collection) or view.any_header,
            preview=view.preview,
            cases=collection if collection is not None and collection.cases else None,
            period_starts_on=starts_on,
            known=known,
        )
        nobody = nobody or screening.cases is not None
        where = (
            ""
            if len(views) == 1 and view.raw.visible
            else say(
                " (feuille n° {number})" if view.raw.visible else " (feuille masquée n° {number})",
                number=str(view.number),
            )
        )
        found.extend(screen_sheet(view.raw, screening, where=where))
    return (*found, *screen_asides(raw, nobody=nobody, starts_on=starts_on, known=known))


@lru_cache(maxsize=8)
def _known_names(names: frozenset[str]) -> KnownNames:
    """Once per register: a frozen set remembers its hash."""
    return KnownNames.of(names)


def _named_section(
    findings: list[Finding] | tuple[Finding, ...],
    reading: NameReading,
    *,
    verdict: Verdict = Verdict.REJECTED,
) -> SectionJudgement:
    """One section for a whole file, with the collection and period of its name where that says both."""
    known = reading.usable and not reading.wrong_length
    return blocked_section(
        findings,
        collection=reading.collection if known else None,
        period=reading.period if known else None,
        verdict=verdict,
    )


def _duplicate(section: IdentifiedSection, former: str) -> SectionJudgement:
    """The same bytes as what is in force: answered, not loaded (contract §6, doublon)."""
    finding = generic_finding(
        "G-23",
        say(
            "Ce fichier est identique au dépôt {former}, qui est en vigueur : il n'est pas chargé de nouveau.",
            former=former,
        ),
        hint=say("Rien à faire. Pour corriger des chiffres, déposez le fichier modifié."),
    )
    return blocked_section(
        [*section.findings, finding],
        collection=section.collection,
        period=section.period,
        sheet=section.sheet,
        header=section.header,
        verdict=Verdict.DUPLICATE,
    )
