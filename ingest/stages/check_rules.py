"""Rules within records, over the whole file, against the register and the other deposits; then the verdict.

One pass over the spooled records runs every rule; a second one, only for repeated keys, looks at the candidates. The
row mask alone decides what is loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from domain.findings import Finding, Severity
from domain.judgement import SectionJudgement, TablePlace
from domain.organisations import Directory, Organisation
from domain.periods import Period
from domain.verdicts import Verdict
from ingest.context import JudgingContext
from ingest.stages.checked import CheckedSection
from ingest.stages.layout import Layout
from ingest.stages.sections import IdentifiedSection
from ingest.stages.relations import broken
from ingest.stages.typed import TypedBatch
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
        self.missing: list[str] = []

    def judge(self) -> SectionJudgement:
        network = self._network()
        if self.collector.blocked:
            self._tell_not_run(
                "L'ensemble du tableau et l'annuaire n'ont pas été vérifiés : corrigez d'abord ce qui bloque."
            )
        elif not self.section.nil:
            self._check_records(network)
            self._check_tolerance()
        return self._verdict()

    # --- the register ---------------------------------------------------------------------------------------------

    def _network(self) -> tuple[Directory, Organisation] | None:
        """The register and the depositor, when what depends on them can be checked; G-16 and G-18."""
        directory, organisation = self.context.directory, self.context.organisation
        if self.collection.service is None or not self.rules.directory_rules:
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
        last = self.section.period.ends_on
        if self.collection.expected_lines and not directory.adherents(organisation.code, self.collection.service, last):
            self._add_blocking_register(
                say(
                    "Aucun CIL/CCI n'adhère à {code} pour le {service} au {day}.",
                    code=organisation.code,
                    service=service_name(self.collection.service),
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
        self.collector.add(self.layout.finding("G-18", GENERIC["G-18"].severity, say(message), cause=f"G-18:{message}"))

    # --- the rules ------------------------------------------------------------------------------------------------

    def _check_records(self, network: tuple[Directory, Organisation] | None) -> None:
        facts = self._facts(network)
        folds: list[FileRule[Any]] = [*self.rules.file_rules, *(self.rules.directory_rules if network else ())]
        states = [fold.start(facts) for fold in folds]
        for first, batch in self.spool.batches():
            for rule in self.rules.record_rules:
                self._report(rule, broken(rule, batch, self.collection), first, batch)
            for fold, state in zip(folds, states, strict=True):
                self._report(fold, fold.step(state, batch, facts), first, batch)
        self._check_repeated_keys()
        for fold, state in zip(folds, states, strict=True):
            self._report(fold, fold.finish(state, facts), 0, None)

    def _facts(self, network: tuple[Directory, Organisation] | None) -> RuleContext:
        elsewhere: Mapping[str, str] = {}
        if self.collection.expected_lines:
            elsewhere = self.context.ledger.lines_in_force_elsewhere(
                self.collection.code,
                self.section.period,
                self.context.account,
                _own_members(network, self.collection, self.section.period) if network else None,
            )
        return RuleContext(
            collection=self.collection,
            period=self.section.period,
            directory=network[0] if network else None,
            organisation=network[1] if network else None,
            elsewhere=frozenset(elsewhere),
            totals=tuple(self.checked.totals),
        )

    def _report(self, rule: Rule, remarks: Iterable[Remark], first: int, batch: TypedBatch | None) -> None:
        for remark in remarks:
            severity = remark.severity or rule.severity
            if remark.index is not None and severity is Severity.ERROR:
                self.spool.bad[first + remark.index] = True
            if remark.missing is not None:
                self.missing.append(remark.missing)
            if not self.collector.room(severity):
                self.collector.count(severity, 1, register=remark.register)
                continue
            self.collector.add(self._finding(rule, remark, severity, batch), register=remark.register)

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
            cause=f"{rule.code}:{remark.cause}" if remark.cause else rule.code,
        )

    # --- repeated keys --------------------------------------------------------------------------------------------

    def _check_repeated_keys(self) -> None:
        """G-09: every record of a repeated key is bad. Hashes find candidates in 8 bytes a record; keys decide."""
        hashes = np.asarray(self.spool.key_hashes)
        ordered = np.sort(hashes)
        repeated = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
        repeated = repeated[repeated != 0]
        if not len(repeated):
            return
        candidates = np.isin(hashes, repeated)
        groups: dict[tuple[Any, ...], list[tuple[int, int]]] = {}
        for first, batch in self.spool.batches():
            keys = [batch.column(name) for name in self.collection.key]
            for index in np.flatnonzero(candidates[first : first + len(batch)]).tolist():
                key = tuple(column[index] for column in keys)
                groups.setdefault(key, []).append((first + index, batch.rows[index]))
        for key, places in groups.items():
            if len(places) > 1:
                self._report_repeated(key, places)

    def _report_repeated(self, key: tuple[Any, ...], places: list[tuple[int, int]]) -> None:
        rows = [row for _position, row in places]
        told = ", ".join(str(row) for row in rows[:_SHOWN_ROWS]) + ("…" if len(rows) > _SHOWN_ROWS else "")
        value = " / ".join(str(part) for part in key)
        for position, row in places:
            self.spool.bad[position] = True
            if not self.collector.room(Severity.ERROR):
                self.collector.count(Severity.ERROR, 1)
                continue
            self.collector.add(
                self.layout.finding(
                    "G-09",
                    Severity.ERROR,
                    say("La même clé est sur les lignes {rows}.", rows=told)
                    if self.collection.cases
                    else say("{key} figure plusieurs fois : lignes {rows}.", key=value, rows=told),
                    row=row,
                    column=self.collection.key[0],
                    value=value,
                    expected=say("une seule ligne"),
                    hint=say("Gardez une seule ligne : aucune n'est chargée, car rien ne dit laquelle est la bonne."),
                    cause=f"G-09:{rows[0]}",
                )
            )

    # --- the verdict ----------------------------------------------------------------------------------------------

    def _check_tolerance(self) -> None:
        bad, read = int(self.spool.bad.sum()), self.checked.n_read
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

    def _verdict(self) -> SectionJudgement:
        collector, read = self.collector, self.checked.n_read
        nil = self.section.nil and not collector.blocked
        accepted, rows = 0, None
        if not collector.blocked and not nil:
            accepted = read - int(self.spool.bad.sum())
            if accepted:
                rows = self.checked.workdir / f"rows-{self.collection.slug}-{self.section.raw.index}.arrow"
                written = self.spool.write_accepted(rows)
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
            complete=verdict.loads and not collector.faulty,
            nil=nil,
            missing_lines=tuple(self.missing),
            register_only=collector.register_only,
            header_row=self.section.header.row if self.section.header is not None else None,
            rows=rows,
            table=_table(self.section, self.layout),
        )

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


_SHOWN_ROWS = 6


def _own_members(
    network: tuple[Directory, Organisation], collection: Collection, period: Period
) -> frozenset[str] | None:
    """The members whose lines may also be another's: a stranger's line has its own error."""
    directory, organisation = network
    if collection.service is None:
        return None
    return frozenset(directory.adherents(organisation.code, collection.service, period.ends_on))


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
