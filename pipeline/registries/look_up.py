"""Look up: the night's cases through the registries, from plates to parties, permits and second limits."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from models import leases
from models.clock import clock_ms
from models.database import Database
from models.leases import Holder
from models.values.lookups import LookupState, Purpose
from models.values.plates import PlateColour
from models.values.registry import Plate, RegisteredVehicle
from models.vault import Vault
from pipeline.registries.asking import Outcome, Traffic, ask
from pipeline.registries.contract import Query
from pipeline.registries.decide import (
    Answered,
    Decision,
    decide_near_misses,
    decide_own,
    decide_permits,
    decide_waiting_permits,
    permit_use,
)
from pipeline.registries.kept import KeptAnswer, Recorder, Subject, recent_answers, subject_of
from pipeline.registries.near_misses import near_misses
from pipeline.registries.pending import PendingCase, corrected_cases, pending_cases
from pipeline.registries.plate_paths import plate_path
from pipeline.registries.retention import delete_old
from pipeline.registries.save import Settled, save_lookups
from pipeline.registries.settings import RegistrySettings
from stations.station import Station

LEASE = "registries"
SAVED_TOGETHER = 500
DAY_MS, MINUTE_MS = 86_400_000, 60_000
_PLATE_STATES = {LookupState.CONTRADICTED, LookupState.UNREGISTERED}


@dataclass(slots=True, kw_only=True)
class LookupReport:
    """What one run did: cases by state, waiting ones by reason, requests by source, who was down."""

    states: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    questions: int = 0
    from_cache: int = 0
    traffic: Traffic = field(default_factory=Traffic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registries:
    """The registries of an installation and how its answers are kept."""

    database: Database
    registries: tuple[RegistrySettings, ...]
    vault_path: Path
    holder: Holder
    plate_threshold: float
    cache_days: float
    negative_minutes: float
    keep_days: float
    patience_s: float

    def look_up(self, stations: Sequence[Station], day: date | None) -> LookupReport:
        """Look up the cases of a day, and those that wait from before; without a day only the latter.

        Raises:
            VaultError: personal fields can't be sealed; nothing was asked.

        """
        return self._look_up(lambda one: pending_cases(one, stations, day, self.plate_threshold))

    def look_up_corrected(self, stations: Sequence[Station], also: Collection[int] = ()) -> LookupReport:
        """Look up the cases whose plate an officer corrected, by that plate alone, and what `also` names.

        Raises:
            VaultError: personal fields can't be sealed; nothing was asked.

        """
        return self._look_up(lambda one: corrected_cases(one, stations, self.plate_threshold, also))

    def _look_up(self, find: Callable[[Connection], list[PendingCase]]) -> LookupReport:
        vault = Vault.load(self.vault_path)
        # The limits of a source hold for all runners together, so one asks at a time.
        with leases.hold(self.database, LEASE, self.holder):
            with self.database.read() as connection:
                cases = find(connection)
            run = _Run(self, vault)
            with run.recorder:
                settled = run.decide(cases)
            with self.database.write("registries.deleted") as connection:
                now_ms = leases.now_ms(connection)
                delete_old(connection, now_ms, cache_days=self.cache_days, keep_days=self.keep_days)
            for start in range(0, len(settled), SAVED_TOGETHER):
                with self.database.write("registries.looked_up") as connection:
                    part = settled[start : start + SAVED_TOGETHER]
                    save_lookups(connection, vault, part, asked_by=self.holder.name)
        for one in settled:
            run.report.states[one.decision.state.value] += 1
            if one.decision.state is LookupState.WAITING:
                run.report.waiting[one.decision.reason] += 1
        return run.report


class _Run:
    """One run: three rounds of questions (plates, near misses, permits), each over all cases at once."""

    def __init__(self, registries: Registries, vault: Vault) -> None:
        self._registries = registries
        self.report = LookupReport()
        self.recorder = Recorder(database=registries.database, vault=vault, asked_by=registries.holder.name)
        self._outcomes: dict[Subject, Outcome] = {}
        self._kept: dict[Subject, KeptAnswer] = {}

    def decide(self, cases: Sequence[PendingCase]) -> list[Settled]:
        """Return what each case came to."""
        askable = [case for case in cases if plate_path(case.reading.plate).asks]
        settled = [
            Settled(case=case, decision=_without_asking(case))
            for case in cases
            if not plate_path(case.reading.plate).asks
        ]
        self._ask(query for case in askable for query in _of_plates(case))
        decisions = {case.case_id: self._by_own(case) for case in askable}
        # What an officer read from the frames is not replaced by what a registry would rather have.
        doubtful = [
            case for case in askable if decisions[case.case_id].state in _PLATE_STATES and not case.corrected
        ]
        self._ask(query for case in doubtful for query in _of_near_misses(case))
        for case in doubtful:
            near = [(query.plate, self._answered(query)) for query in _of_near_misses(case)]
            decisions[case.case_id] = decide_near_misses(
                decisions[case.case_id], case.seen, near, self._trailer(case), case.others
            )
        known = [case for case in askable if decisions[case.case_id].vehicle is not None]
        self._ask(_of_permits(case, decisions[case.case_id]) for case in known)
        for case in known:
            decisions[case.case_id] = self._by_permits(case, decisions[case.case_id])
        return settled + [self._settled(case, decisions[case.case_id]) for case in askable]

    def _ask(self, queries: Iterable[Query]) -> None:
        """Ask what is neither kept nor asked before in this run; each subject once."""
        wanted = {subject_of(query): query for query in reversed(list(queries))}
        known = self._outcomes.keys() | self._kept.keys()
        open_ones = {subject: query for subject, query in wanted.items() if subject not in known}
        now_ms = clock_ms()
        settings = self._registries
        with settings.database.read() as connection:
            kept = recent_answers(
                connection,
                self.recorder.vault,
                open_ones,
                found_since_ms=int(now_ms - settings.cache_days * DAY_MS),
                none_since_ms=int(now_ms - settings.negative_minutes * MINUTE_MS),
            )
        self._kept |= kept
        asked = [query for subject, query in open_ones.items() if subject not in kept]
        self.report.from_cache += len(kept)
        if asked:
            ask(
                settings.registries,
                asked,
                self.recorder.keep,
                patience_s=settings.patience_s,
                traffic=self.report.traffic,
            )
            self.recorder.flush()
            outcomes = {subject_of(query): self.recorder.outcomes[query] for query in asked}
            self.report.questions += sum(one.sent for one in outcomes.values())
            self._outcomes |= outcomes

    def _answered(self, query: Query) -> Answered:
        subject = subject_of(query)
        if kept := self._kept.get(subject):
            vehicle = kept.found if isinstance(kept.found, RegisteredVehicle) else None
            return Answered(vehicle=vehicle)
        outcome = self._outcomes[subject]
        vehicle = outcome.found if isinstance(outcome.found, RegisteredVehicle) else None
        return Answered(vehicle=vehicle, waits=outcome.waits)

    def _trailer(self, case: PendingCase) -> RegisteredVehicle | None:
        return self._answered(_of_trailer(case)).vehicle if case.trailer else None

    def _by_own(self, case: PendingCase) -> Decision:
        own = self._answered(_of_plates(case)[0])
        return decide_own(case.reading, case.seen, own, self._trailer(case))

    def _by_permits(self, case: PendingCase, decision: Decision) -> Decision:
        subject = subject_of(_of_permits(case, decision))
        outcome, kept = self._outcomes.get(subject), self._kept.get(subject)
        if outcome is not None and outcome.waits is not None:
            return decide_waiting_permits(decision, outcome.waits)
        found = kept.found if kept else outcome.found if outcome else ()
        use = permit_use(
            decision.plate.text,
            case.trailer if decision.trailer is not None else "",
            on=case.day,
            road=case.station.road,
            decided_kg=case.decided_kg,
            length_mm=case.seen.length_mm,
        )
        return decide_permits(decision, found if isinstance(found, tuple) else (), use)

    def _settled(self, case: PendingCase, decision: Decision) -> Settled:
        """Return a case with the answers that its decision rests on."""
        subjects: dict[str, Subject | None] = {
            "vehicle": subject_of(_query(case, decision.plate, Purpose.CASE)) if decision.vehicle else None,
            "trailer": subject_of(_of_trailer(case)) if decision.trailer else None,
            "permits": subject_of(_of_permits(case, decision)) if decision.permits else None,
        }
        ids = {subject: answer.id for subject, answer in self._kept.items()} | self.recorder.ids
        answers = {role: ids[one] for role, one in subjects.items() if one and one in ids}
        near_miss = None
        if "vehicle" not in answers and subjects["vehicle"]:
            near_miss = self._outcomes[subjects["vehicle"]]
        return Settled(case=case, decision=decision, answers=answers, near_miss=near_miss)


def _query(case: PendingCase, plate: Plate, purpose: Purpose) -> Query:
    return Query(plate=plate, purpose=purpose, case_id=case.case_id, case_number=case.number, day=case.day)


def _of_plates(case: PendingCase) -> list[Query]:
    own = _query(case, case.reading.plate, Purpose.CASE)
    return [own, _of_trailer(case)] if case.trailer else [own]


def _of_trailer(case: PendingCase) -> Query:
    return _query(case, Plate(text=case.trailer, colour=PlateColour.YELLOW), Purpose.TRAILER)


def _of_near_misses(case: PendingCase) -> list[Query]:
    plates = near_misses(case.reading.plate.text, case.characters, case.others)
    colour = case.reading.plate.colour
    return [_query(case, Plate(text=text, colour=colour), Purpose.NEAR_MISS) for text in plates]


def _of_permits(case: PendingCase, decision: Decision) -> Query:
    return _query(case, decision.plate, Purpose.PERMIT)


def _without_asking(case: PendingCase) -> Decision:
    plate = case.reading.plate
    if not plate.text:
        return Decision(state=LookupState.NO_PLATE, plate=plate)
    return Decision(state=LookupState.ELSEWHERE, plate=plate, reason=plate_path(plate).value)


def as_json(report: LookupReport) -> dict[str, Any]:
    """Return a report as JSON values."""
    return {
        "lookups": dict(report.states),
        "lookups_waiting": dict(report.waiting),
        "registry_questions": report.questions,
        "registry_answers_from_cache": report.from_cache,
        "registry_requests": dict(report.traffic.sent),
        "registries_down": dict(report.traffic.down),
    }
