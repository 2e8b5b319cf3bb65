"""Rules within records, over the whole file, against the register and the other deposits; then the verdict.

One pass over the spooled records runs every rule; a second one, only for repeated keys, looks at the candidates. The
row mask alone decides what is loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from domain.findings import Finding, Severity
from domain.judgement import MissingLine, SectionJudgement, TablePlace
from domain.organisations import Directory, Organisation, Service
from domain.text import normalise_header
from domain.verdicts import Verdict
from ingest.context import JudgingContext
from ingest.stages.check_history import HistoryCheck
from ingest.stages.checked import CheckedSection
from ingest.stages.completing.giving_back import write_rejected
from ingest.stages.completing.taking_over import TakingOver
from ingest.stages.confirming import WHOLE, about_remark
from ingest.stages.diagnosing.diagnosis import diagnose
from ingest.stages.diagnosing.symptoms import Symptoms
from ingest.stages.layout import Layout
from ingest.stages.oddities import OddityBook
from ingest.stages.relations import broken
from ingest.stages.repeated import refuse_repeated_keys
from ingest.stages.sections import IdentifiedSection
from ingest.stages.typed import TypedBatch, TypedSpool, write_accepted
from rules.generic import GENERIC
from rules.messages import day, number, plural, say, service_name
from rules.rule import FileRule, Remark, Rule, RuleContext, RuleSet
from schemas.collection import Collection


def check_rules(checked: CheckedSection, rules: RuleSet, context: JudgingContext) -> SectionJudgement:
    """Judge a section whose records are typed; writes the accepted ones under its work folder."""
    return _SectionJudge(checked, rules, context).judge()


class _SectionJudge:
    """The state of one judgement."""

    def __init__(self, checked: CheckedSection, rules: RuleSet, context: JudgingContext) -> None:
        self.checked, self.rules, self.context = checked, rules, context
        self.section, self.collector, self.spool = checked.section, checked.collector, checked.spool
        self.collection: Collection = checked.section.collection
        self.layout = checked.layout or _no_layout(self.collection)
        self.missing: dict[MissingLine, None] = {}
        self.former: TypedSpool | None = None
        self.gives_back = False
        self.book = OddityBook(cases=self.collection.cases)

    def judge(self) -> SectionJudgement:
        network = self._network()
        if self.collector.blocked:
            self._tell_not_run(
                "L'ensemble du tableau et l'annuaire n'ont pas été vérifiés : corrigez d'abord ce qui bloque."
            )
        elif not self.section.nil:
            self._check_records(network)
            self._check_tolerance()
        if not self.collector.blocked:
            HistoryCheck(
                checked=self.checked,
                layout=self.layout,
                rules=self.rules,
                context=self.context,
                former=self.former,
                network=network,
                book=self.book,
            ).run()
        self._refuse_justifications()
        self._diagnose()
        return self._verdict()

    def _diagnose(self) -> None:
        """Tell the root causes once, instead of their symptoms."""
        if not any(self.collector.counts[one] for one in Severity if one is not Severity.INFO):
            return
        symptoms = Symptoms(
            layout=self.layout,
            period=self.section.period,
            findings=self.collector.findings(),
            tallies=self.collector.causes(),
            n_read=self.checked.n_read,
            directory=self.context.directory,
            unrecognised=self._unrecognised(),
            first_column=_first_column(self.section) if self.collector.blocked else (),
        )
        for root in diagnose(symptoms):
            self.collector.group(root)

    def _unrecognised(self) -> int:
        """How many lines name no CIL/CCI that we know."""
        column = self.collection.member_column
        if column is None or not column.required:
            return 0
        index = self.spool.schema.get_field_index(column.name)
        return sum(batch.data.column(index).null_count for _first, batch in self.spool.batches())

    # --- the register ---------------------------------------------------------------------------------------------

    def _network(self) -> tuple[Directory, Organisation] | None:
        """The register and the depositor, when what depends on them can be checked; G-16 and G-18."""
        directory, organisation = self.context.directory, self.context.organisation
        if not self.rules.directory_rules:
            return None
        if directory is None:
            self._tell_not_run(
                "L'annuaire n'est pas encore chargé : les CIL/CCI et les lignes attendues n'ont pas été vérifiés."
            )
            return None
        if organisation is None:
            self._add_blocking_register(
                say(
                    "Le compte {account} n'est celui d'aucune organisation de l'annuaire.",
                    account=self.context.account,
                )
            )
            return None
        last, services = self.section.period.ends_on, self.collection.services
        adherents = directory.adherents_of_any(organisation.code, services, last)
        if self.collection.expected_lines and not adherents:
            about = "" if self.collection.service is None else f" pour le {service_name(self.collection.service)}"
            self._add_blocking_register(
                say(
                    "Aucun CIL/CCI n'adhère à {code}{about} au {day}.",
                    code=organisation.code,
                    about=about,
                    day=day(last),
                )
            )
            return None
        return directory, organisation

    def _add_blocking_register(self, message: str) -> None:
        self.collector.add(
            self.layout.finding(
                "G-16",
                Severity.BLOCKING,
                message,
                hint=say(
                    "Signalez-le à l'UESL si c'est une erreur de l'annuaire : votre dépôt sera jugé de nouveau, à "
                    "sa date de "
                    "réception, quand l'annuaire sera corrigé.",
                ),
            ),
            register=True,
        )

    def _tell_not_run(self, message: str) -> None:
        finding = self.layout.finding("G-18", GENERIC["G-18"].severity, say(message), cause="G-18:not-run")
        self.collector.add(finding, consequence=True)

    # --- the rules ------------------------------------------------------------------------------------------------

    def _check_records(self, network: tuple[Directory, Organisation] | None) -> None:
        facts = self._facts(network)
        self.gives_back = True
        base = self.checked.base
        folds: list[FileRule[Any]] = [*self.rules.file_rules, *(self.rules.directory_rules if network else ())]
        folds = [fold for fold in folds if base is None or not fold.of_order]
        states = [fold.start(facts) for fold in folds]
        for first, batch in self.spool.batches():
            for rule in self.rules.record_rules:
                self._report(rule, broken(rule, batch, self.collection), first, batch)
            for fold, state in zip(folds, states, strict=True):
                self._report(fold, fold.step(state, batch, facts), first, batch)
        refuse_repeated_keys(self.checked, self.layout)
        if base is not None:
            taking = TakingOver(self.checked, self.layout, base)
            self.former = taking.judge(self.rules.record_rules, list(zip(folds, states, strict=True)), facts)
        for fold, state in zip(folds, states, strict=True):
            remarks = fold.finish(state, facts)
            self._report(fold, (one for one in remarks if one.row is None or one.row > 0), 0, None)

    def _facts(self, network: tuple[Directory, Organisation] | None) -> RuleContext:
        return RuleContext(
            collection=self.collection,
            period=self.section.period,
            directory=network[0] if network else None,
            organisation=network[1] if network else None,
            elsewhere=self._elsewhere(network) if self.collection.expected_lines else {},
            totals=tuple(self.checked.totals),
            received_on=self.context.received_at.astimezone(self.context.zone).date(),
        )

    def _elsewhere(self, network: tuple[Directory, Organisation] | None) -> Mapping[Service, frozenset[str]]:
        """By service, whose lines are in force from another account; a stranger's line has its own error."""
        found = {}
        for service in self.collection.services:
            own = None
            if network is not None:
                own = frozenset(network[0].adherents(network[1].code, service, self.section.period.ends_on))
            found[service] = frozenset(
                self.context.ledger.lines_in_force_elsewhere(
                    self.collection.code,
                    self.section.period,
                    self.context.account,
                    own,
                    service=None if self.collection.service_column is None else service,
                )
            )
        return found

    def _report(self, rule: Rule, remarks: Iterable[Remark], first: int, batch: TypedBatch | None) -> None:
        for remark in remarks:
            severity = remark.severity or rule.severity
            if remark.index is not None and severity is Severity.ERROR:
                self.spool.bad[first + remark.index] = True
            if remark.missing is not None:
                self.missing[MissingLine(code=remark.missing, service=remark.missing_for)] = None
            cause = _cause(rule, remark)
            row = batch.rows[remark.index] if remark.index is not None and batch is not None else remark.row
            position = None if remark.index is None else first + remark.index
            if position is not None:
                self.book.warn(rule, severity, position, remark.column)
            asks = position is not None and self.book.wants(rule, severity)
            confirms = self.collector.confirms(severity, row)
            if not confirms and not self.collector.wants(severity, cause):
                self.collector.skip(rule.code, cause, severity, row, register=remark.register)
                continue
            about = about_remark(rule, remark, batch, self.collection) if confirms or asks else WHOLE
            finding = self._finding(rule, remark, severity, batch)
            said = self.collector.add(finding, register=remark.register, about=about)
            if asks:
                self.book.note(finding, about, confirmation=said.justification, position=position)

    def _finding(self, rule: Rule, remark: Remark, severity: Severity, batch: TypedBatch | None) -> Finding:
        row = remark.row
        if remark.index is not None and batch is not None:
            row = batch.rows[remark.index]
        return self.layout.finding(
            rule.code,
            severity,
            remark.message,
            row=row,
            column=remark.column,
            value=remark.value,
            expected=remark.expected,
            hint=remark.hint,
            cause=_cause(rule, remark),
        )

    # --- justifications ---------------------------------------------------------------------------------------------

    def _refuse_justifications(self) -> None:
        confirmer = self.collector.confirmer
        refusal = None if confirmer is None else confirmer.refusal()
        if refusal is not None:
            self.collector.add(refusal)

    # --- the verdict ----------------------------------------------------------------------------------------------

    def _check_tolerance(self) -> None:
        (read, bad) = self._counts()
        if not bad or bad <= self.collection.tolerance * read:
            return
        share = number(round(100 * bad / read))
        if self.collection.tolerance:
            message = say(
                "{bad} en erreur sur {read}, soit {share} % : plus que la tolérance de {limit} %. Tout le tableau "
                "est rejeté.",
                bad=plural(bad, "ligne"),
                read=number(read),
                share=share,
                limit=number(100 * self.collection.tolerance),
            )
        else:
            message = say(
                "Cette collecte s'accepte ou se rejette en entier : {bad} en erreur.", bad=plural(bad, "ligne")
            )
        self.collector.add(
            self.layout.finding(
                "G-17", Severity.BLOCKING, message, hint=say("Corrigez les erreurs, puis déposez de nouveau.")
            ),
            consequence=True,
        )

    def _counts(self) -> tuple[int, int]:
        """Records of the whole version, and the bad ones."""
        read, bad = self.checked.n_read, int(self.spool.bad.sum())
        if self.former is None:
            return read, bad
        return read + self.former.n_rows, bad + int(self.former.bad.sum())

    def _verdict(self) -> SectionJudgement:
        collector, (read, bad) = self.collector, self._counts()
        nil = self.section.nil and not collector.blocked
        accepted, rows = 0, None
        if not collector.blocked and not nil:
            accepted = read - bad
            if accepted:
                rows = self._path("rows")
                written = write_accepted(rows, self.spool, self.former)
                assert written == accepted, "the mask and the spool disagree"  # noqa: S101 - a mistake of ours
        verdict = self._name_verdict(nil, accepted)
        return SectionJudgement(
            collection=self.collection.code,
            slug=self.collection.slug,
            period=self.section.period,
            sheet=self.section.sheet,
            verdict=verdict,
            records_read=0 if nil else read,
            records_accepted=accepted,
            records_rejected=0 if nil else read - accepted,
            findings=collector.findings(),
            finding_counts=collector.counted(),
            findings_truncated=collector.truncated,
            causes=collector.causes(),
            complete=verdict.loads and not collector.faulty,
            nil=nil,
            missing_lines=tuple(dict.fromkeys(one.code for one in self.missing)),
            missing_places=tuple(self.missing),
            register_only=collector.register_only,
            header_row=self.section.header.row if self.section.header is not None else None,
            rows=rows,
            completes=None if self.checked.base is None else self.checked.base.submission_id,
            carried=0 if self.former is None or not accepted else self.former.n_rows - int(self.former.bad.sum()),
            table=_table(self.section, self.layout),
            rejected=self._rejected(),
            justifications=() if collector.confirmer is None else collector.confirmer.justifications,
            oddities=self.book.of(self.spool.bad) if verdict.loads else (),
            accumulates=self.collection.accumulates,
        )

    def _rejected(self) -> Path | None:
        """What is given back to be mended: nothing when the table itself cannot be read as one."""
        whole = self.collector.blocked
        if not self.gives_back or not (whole or self.spool.bad.any() or self.missing):
            return None
        return write_rejected(self.checked, self._path("rejected"), whole=whole)

    def _path(self, what: str) -> Path:
        return self.checked.workdir / f"{what}-{self.collection.slug}-{self.section.raw.index}.arrow"

    def _name_verdict(self, nil: bool, accepted: int) -> Verdict:  # noqa: FBT001 - local
        if nil:
            return Verdict.NIL
        if self.collector.blocked or not accepted:
            return Verdict.REJECTED
        if self.collector.faulty:
            return Verdict.PARTIALLY_ACCEPTED
        if self.collector.counts[Severity.WARNING]:
            return Verdict.ACCEPTED_WITH_WARNINGS
        return Verdict.ACCEPTED


_PREVIEW = 50


def _first_column(section: IdentifiedSection) -> list[str]:
    """The first filled cell of the first lines, as titles are compared."""
    lines = [[text for text in cells if text and text.strip()] for _row, cells in section.raw.preview(_PREVIEW)]
    return [normalise_header(cells[0]) for cells in lines if cells]


def _cause(rule: Rule, remark: Remark) -> str:
    return f"{rule.code}:{remark.cause or remark.column or ''}"


def _table(section: IdentifiedSection, layout: Layout) -> TablePlace | None:
    header = section.header
    if header is None:
        return None
    return TablePlace(
        sheet_index=section.raw.index,
        header_row=header.row,
        body_from=header.body_from,
        columns=layout.positions,
        labels=layout.labels,
        n_columns=max(header.n_columns, section.raw.n_columns),
        reserved=header.reserved,
    )


def _no_layout(collection: Collection) -> Layout:
    return Layout(collection=collection, positions={}, labels={}, strangers={}, ignored=frozenset())
