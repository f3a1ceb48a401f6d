"""Watch a station's day: every truck's driving, held against the traffic around it."""

from collections import defaultdict
from datetime import date

import numpy as np
from sqlalchemy import Connection

from models.driving_rows import load_driving
from models.passage_rows import from_rows, passed_between, select_passages
from models.tables import Passage
from models.values.passages import content_key
from models.values.timeline import day_bounds_ms
from pipeline.evasion.days_before import days_before
from pipeline.evasion.detect import Observable, Seen, detect, observability, sightings
from pipeline.evasion.rows import keep_manoeuvres
from pipeline.evasion.scene import SECOND_MS, Mask, Scene, scene_of
from pipeline.rules.manoeuvres import ManoeuvreRules, manoeuvre_rules
from stations.formats import tells_seconds
from stations.station import Station

Ids = list[int]


def watch_driving(connection: Connection, station: Station, day: date) -> int:
    """Keep each manoeuvre of a local day; return how many are new.

    A second run changes nothing; one with late records appends what they show otherwise. What the days before
    showed counts as it stands, so nights are to be run in their order, and a day again after a day before it.
    """
    rules = manoeuvre_rules()
    if day < rules.valid_from or not tells_seconds(station):
        return 0
    start_ms, end_ms = day_bounds_ms(day, station.zone)
    ids, scene = _scene(connection, station, day, rules, (start_ms, end_ms))
    times = scene.batch.passed_at_ms
    of_day = (times >= start_ms) & (times < end_ms)
    counts = of_day & ~_repeated(ids, scene)
    seen: defaultdict[int, list[Seen]] = defaultdict(list)
    before = days_before(connection, station, day, rules.lane.days_before)
    for one in detect(scene, sightings(scene), before):
        if counts[one.position]:
            seen[ids[one.position]].append(one)
    return keep_manoeuvres(connection, passed_between(station.id, start_ms, end_ms), seen, rules.id)


def observable_on(connection: Connection, station: Station, day: date) -> list[Observable]:
    """Return which manoeuvres the records of a local day could show at all."""
    bounds_ms = day_bounds_ms(day, station.zone)
    _, scene = _scene(connection, station, day, manoeuvre_rules(), bounds_ms)
    return observability(scene, sightings(scene))


def suspected(connection: Connection, station: Station, day: date, window_ms: tuple[int, int]) -> set[int]:
    """Return the passages whose weighing the driving in a part of a day spoils, by id; none is kept."""
    rules = manoeuvre_rules()
    if day < rules.valid_from or not tells_seconds(station):
        return set()
    ids, scene = _scene(connection, station, day, rules, window_ms)
    return {ids[one.position] for one in detect(scene, sightings(scene)) if one.spoils}


def _repeated(ids: Ids, scene: Scene) -> Mask:
    """Tell which records, (N,), a device sent once more: the one that came first stands."""
    records = list(zip(scene.batch.passed_at_ms.tolist(), content_key(scene.batch).tolist(), strict=True))
    # The last of these to be put in is the lowest id.
    stands = dict(sorted(zip(records, ids, strict=True), key=lambda one: -one[1]))
    return np.array([stands[record] != one for record, one in zip(records, ids, strict=True)], dtype=np.bool_)


def _scene(
    connection: Connection, station: Station, day: date, rules: ManoeuvreRules, window_ms: tuple[int, int]
) -> tuple[Ids, Scene]:
    """Return a part of a local day with as much beside it as the traffic of its edges asks for."""
    start_ms, end_ms = window_ms
    reach_ms = rules.traffic.around_s * SECOND_MS
    query = select_passages().where(passed_between(station.id, start_ms - reach_ms, end_ms + reach_ms))
    ids, batch = from_rows(connection.execute(query.order_by(Passage.passed_at, Passage.record_key)).all())
    found = ids.tolist()
    certificate = station.certificate_on(day)
    scene = scene_of(
        batch,
        load_driving(connection, found),
        rules,
        lane_width_mm=station.lane_width_mm,
        least_kmh=np.full(len(batch), certificate.speed_min_kmh if certificate else 0.0),
    )
    return found, scene
