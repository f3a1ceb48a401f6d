"""Drawn nights of one lane: what their frames show, and who is flagged, in fair weather and in foul."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from legibility_data import loaded_reader, share_of, unreadable, word_counts
from numpy.typing import NDArray

from models.values.legibility import Legibility, PlateLegibility
from models.values.passages import FrameKind
from models.values.timeline import to_ms
from pipeline.deliberate import FrameSeen, PassageSeen, judge_obscuring
from pipeline.look_again import LEAST_PICTURES, NEAR_MS, PICTURES
from pipeline.plates.look import LookingReader
from pipeline.plates.second_look import look_where_usual
from pipeline.plates.usual import learn_place, picture, usual_picture
from stations.roadside.draw import draw_frame
from stations.roadside.night import simulate_vehicles
from stations.roadside.shot import Side, take_shot
from stations.roadside.sights import Weather
from stations.roadside.station import RoadsideStation, random_stream
from stations.roadside.vehicle import PlateCondition, TrueVehicle

NIGHT = date(2026, 6, 18)
STATION = RoadsideStation(station_id="drawn", station_code="drawn", format="hs_data")
CONDITIONS = {
    PlateCondition.COVERED: 0.05,
    PlateCondition.CARD: 0.05,
    PlateCondition.RAG: 0.04,
    PlateCondition.FLIPPED: 0.05,
    PlateCondition.ABSENT: 0.05,
    PlateCondition.DIRTY: 0.06,
    PlateCondition.BENT: 0.03,
    PlateCondition.DARK: 0.06,
    PlateCondition.GLARE: 0.04,
    PlateCondition.BLUR: 0.04,
    PlateCondition.SHADOW: 0.05,
}
GUILTY = {
    PlateCondition.COVERED,
    PlateCondition.CARD,
    PlateCondition.RAG,
    PlateCondition.FLIPPED,
    PlateCondition.ABSENT,
}
# A drawn night is one lane's, from two o'clock on, with so many seconds between vehicles.
NIGHT_FROM, EVERY_S = datetime(2026, 6, 18, 2, tzinfo=ZoneInfo("Asia/Shanghai")), 180


@dataclass(kw_only=True)
class Told:
    """What the frames of drawn nights show, by truth, and who is flagged, of how many."""

    frames: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    hiders: int = 0
    hiders_flagged: int = 0
    others: int = 0
    others_flagged: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return it in words."""
        return [
            *(f"frames, {truth:10}: {word_counts(words)}" for truth, words in sorted(self.frames.items())),
            share_of("flagged of those that hide", self.hiders_flagged, self.hiders),
            share_of("flagged of those that do not", len(self.others_flagged), self.others),
            *self.others_flagged,
        ]


def nights(weather: Weather | None, passages: int, seeds: Sequence[int]) -> list[str]:
    """Return what drawn nights tell in a weather, fair if None; a night for each seed."""
    reader, told = loaded_reader(), Told()
    for seed in seeds:
        _night(told, reader, weather, passages, seed)
    return told.lines()


def _night(told: Told, reader: LookingReader, weather: Weather | None, passages: int, seed: int) -> None:
    [drawn] = simulate_vehicles(NIGHT, seed, passages, [STATION], CONDITIONS)
    vehicles = [
        replace(one, lane=1, passed_at=NIGHT_FROM + timedelta(seconds=EVERY_S * number))
        for number, one in enumerate(drawn)
    ]
    by_side = [_frames(reader, vehicles, side, weather, seed) for side in Side]
    seen = [_passage(one, frames) for one, *frames in zip(vehicles, *by_side, strict=True)]
    truths = {one.serial: one.plate_condition for one in vehicles}
    said = {one.passage_id: judge_obscuring(one, seen) for one in seen}
    flagged = {number for number, one in said.items() if one is not None and one.flagged}
    guilty = {number for number, condition in truths.items() if condition in GUILTY}
    for one in seen:
        truth = "hidden" if one.passage_id in guilty else "not hidden"
        told.frames[truth].update(frame.legibility.value for frame in one.frames)
    told.hiders += len(guilty)
    told.hiders_flagged += len(flagged & guilty)
    told.others += len(truths) - len(guilty)
    told.others_flagged += [
        f"{seed}, {number} {truths[number]}: {one.reasons}"
        for number, one in sorted(said.items())
        if one is not None and number in flagged - guilty
    ]


def _frames(
    reader: LookingReader, vehicles: Sequence[TrueVehicle], side: Side, weather: Weather | None, seed: int
) -> list[FrameSeen]:
    """Return what each vehicle's frame of one end shows, the second look included."""
    shots = [take_shot(one, side, STATION, random_stream(seed, one.serial, side)) for one in vehicles]
    images = [
        draw_frame(shot, random_stream(seed, shot.vehicle.serial, side, "picture"), weather).pixels
        for shot in shots
    ]
    first = look_twice(reader, images)
    return [
        FrameSeen(
            frame_id=shot.vehicle.serial,
            kind=FrameKind(side.value),
            taken_at_ms=to_ms(shot.taken_at),
            legibility=one.legibility,
            probability=one.probability,
            text=one.text,
        )
        for shot, one in zip(shots, first, strict=True)
    ]


def look_twice(reader: LookingReader, images: Sequence[NDArray[np.uint8]]) -> list[PlateLegibility]:
    """Return what each of a camera's frames (H, W, 3), in order of time, shows, the second look included."""
    looks = [reader.look(image) for image in images]
    first = [look.legibilities[0] for look in looks]
    clear = [n for n, one in enumerate(first) if one.text and one.legibility is Legibility.CLEAR]
    place = learn_place([first[n].box for n in clear])
    for n, image in enumerate(images):
        near = sorted(clear, key=lambda other: abs(other - n))[:PICTURES]
        near = [other for other in near if abs(other - n) * EVERY_S * 1000 <= NEAR_MS]
        if place is not None and unreadable(looks[n]) and len(near) >= LEAST_PICTURES:
            usual = usual_picture(picture(place.window(images[other])) for other in near)
            first[n] = look_where_usual(image, place, usual, reader.engines.second) or first[n]
    return first


def _passage(vehicle: TrueVehicle, frames: Sequence[FrameSeen]) -> PassageSeen:
    return PassageSeen(
        passage_id=vehicle.serial,
        station_id=STATION.station_id,
        lane=vehicle.lane,
        passed_at_ms=to_ms(vehicle.passed_at),
        vehicle="",
        frames=tuple(frames),
    )
