"""Simulated driving: each manoeuvre leaves its marks, plain driving none, truth comes back from disk."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from models.values.driving import Manoeuvre
from pipeline.evasion.detect import detect, sightings
from pipeline.evasion.scene import scene_of
from pipeline.rules.manoeuvres import manoeuvre_rules
from stations.roadside.batch import batch_of
from stations.roadside.driving import DEGREES, Strength, drive
from stations.roadside.evaders import is_evader, with_clone, with_evaders
from stations.roadside.identity import MeasuringNoise, draw_fleet, load, measure
from stations.roadside.numbers import NumberOffice
from stations.roadside.station import RoadsideStation, random_stream
from stations.roadside.traffic import simulate_traffic
from stations.roadside.truth import read_truth, write_truth
from stations.roadside.vehicle import Layout, TrueVehicle


def traffic(seed: int = 3, count: int = 160) -> tuple[TrueVehicle, ...]:
    station = RoadsideStation(station_id="s", station_code="s", format="hs_data")
    office = NumberOffice(random_stream(seed, "numbers"))
    return simulate_traffic(station, date(2026, 6, 18), count, seed, office)


def truck() -> TrueVehicle:
    return next(
        one
        for one in traffic()
        if one.layout is Layout.ARTICULATED and one.axle_count == 6 and not one.defect
    )


def kinds(vehicles: list[TrueVehicle]) -> list[set[str]]:
    batch = batch_of(vehicles)
    scene = scene_of(
        batch, batch.driving, manoeuvre_rules(), lane_width_mm=3750, least_kmh=np.full(len(batch), 0.5)
    )
    found: list[set[str]] = [set() for _ in vehicles]
    for one in detect(scene, sightings(scene)):
        found[one.position].add(one.kind.value)
    return found


@pytest.mark.parametrize("kind", [one for one in DEGREES if one is not Manoeuvre.REVERSING])
def test_a_strong_manoeuvre_is_seen_without_the_devices_word(kind: Manoeuvre) -> None:
    rng = np.random.default_rng(11)
    before = drive(truck(), rng)
    driven = drive(truck(), rng, kind, Strength.STRONG, near=before)
    if kind not in {Manoeuvre.TAILGATING, Manoeuvre.SIDE_BY_SIDE}:
        driven = drive(truck(), rng, kind, Strength.STRONG)
        before = drive(truck().__class__(**_fields(before, minutes=-9)), rng)
    assert driven.driving
    batch = batch_of([before, driven])
    assert batch.driving
    batch.driving.bits[:] = -1
    scene = scene_of(batch, batch.driving, manoeuvre_rules(), lane_width_mm=3750, least_kmh=np.full(2, 0.5))
    seen = {one.kind for one in detect(scene, sightings(scene)) if one.position == 1}
    assert kind in seen or (kind is Manoeuvre.STOP_AND_GO and Manoeuvre.BRAKE_TAPPING in seen)


def _fields(vehicle: TrueVehicle, minutes: int) -> dict[str, object]:
    fields = {name: getattr(vehicle, name) for name in TrueVehicle.__slots__}
    return fields | {"passed_at": vehicle.passed_at + timedelta(minutes=minutes)}


def test_a_vehicle_that_rolls_back_counts_more_axles_than_its_length_holds() -> None:
    driven = drive(truck(), np.random.default_rng(1), Manoeuvre.REVERSING, Strength.STRONG)
    assert driven.axle_count == 8
    assert driven.axle_kg == truck().axle_kg
    assert "reversing" in kinds([driven])[0]


def test_a_night_of_evaders_is_seen_and_nobody_else() -> None:
    vehicles = list(with_evaders(traffic(), 12, np.random.default_rng(5)))
    seen = kinds(vehicles)
    evaders = [bool(one.driving and one.driving.kind) for one in vehicles]
    assert sum(evaders) == 12
    assert all(is_evader(one) for one, evader in zip(vehicles, evaders, strict=True) if evader)
    missed = [one for one, evader in zip(seen, evaders, strict=True) if evader and not one]
    wrong = [one for one, evader in zip(seen, evaders, strict=True) if not evader and one - {"side_by_side"}]
    assert (missed, wrong) == ([], [])


def test_truth_comes_back_with_its_driving(tmp_path: Path) -> None:
    vehicles = with_evaders(traffic(count=20), 2, np.random.default_rng(5))
    write_truth(tmp_path / "truth.jsonl", vehicles)
    assert read_truth(tmp_path / "truth.jsonl") == vehicles


def test_one_plate_of_the_first_station_is_on_another_truck_at_the_second() -> None:
    first, second = traffic(3), traffic(4)
    cloned = with_clone(first, second, np.random.default_rng(1))
    changed = [one for one, before in zip(cloned, second, strict=True) if one != before]
    assert len(changed) == 1
    (model,) = [one for one in first if one.front_plate.text == changed[0].front_plate.text]
    assert abs(model.spacings_mm[0] - changed[0].spacings_mm[0]) > 800


def test_a_fleet_comes_back_as_itself_within_the_noise() -> None:
    rng = np.random.default_rng(2)
    trips = [load(one, rng) for one in draw_fleet(40, rng)]
    noise = MeasuringNoise(spacing_mm=10, speed=0.002, axle=0.01, gross=0.01)
    times = np.arange(40) * 60_000
    one, two = (measure(trips, times, noise, rng) for _ in range(2))
    assert len(set(one.plate_front)) == 40
    assert (one.plate_front == two.plate_front).all()
    assert np.abs(one.spacing_mm - two.spacing_mm).max() < 120
    assert (one.axle_count == two.axle_count).all()
