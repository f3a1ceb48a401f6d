"""Plates follow GA 36 but none of them can be in use."""

import re

from models.values.plates import PlateColour
from stations.roadside.numbers import PROVINCES
from stations.roadside.vehicle import Layout, TrueVehicle

GRAMMARS = {
    PlateColour.BLUE: re.compile(r"[浙沪苏皖]Z[0-9A-HJ-NP-Z]{5}"),
    PlateColour.YELLOW: re.compile(r"[浙沪苏皖]Z([0-9A-HJ-NP-Z]{5}|[0-9A-HJ-NP-Z]{4}挂)"),
    PlateColour.YELLOW_GREEN: re.compile(r"[浙沪苏皖]Z\d{5}[DF]"),
}

Traffic = tuple[TrueVehicle, ...]


def test_every_plate_is_grammatical_and_invented(table_traffic: Traffic) -> None:
    plates = {plate for v in table_traffic for plate in (v.front_plate, v.rear_plate)}
    assert {plate.colour for plate in plates} == set(GRAMMARS)
    assert [plate.text for plate in plates if not GRAMMARS[plate.colour].fullmatch(plate.text)] == []
    assert {plate.text[0] for plate in plates} == set(PROVINCES)


def test_no_number_is_given_out_twice(table_traffic: Traffic) -> None:
    fronts = [vehicle.front_plate.text for vehicle in table_traffic]
    trailers = [v.rear_plate.text for v in table_traffic if v.rear_plate.text.endswith("挂")]
    assert len({*fronts, *trailers}) == len(fronts) + len(trailers)


def test_only_trains_show_a_trailer_number(table_traffic: Traffic) -> None:
    for vehicle in table_traffic:
        train = vehicle.layout not in {Layout.LIGHT, Layout.RIGID}
        assert vehicle.rear_plate.text.endswith("挂") == train
        assert train or vehicle.rear_plate.text == vehicle.front_plate.text


def test_rows_follow_the_colour_and_the_end(table_traffic: Traffic) -> None:
    assert {v.front_plate.rows for v in table_traffic} == {1}
    for vehicle in table_traffic:
        yellow = vehicle.rear_plate.colour is PlateColour.YELLOW
        assert vehicle.rear_plate.rows == (2 if yellow else 1)
        assert (vehicle.front_plate.colour is PlateColour.BLUE) == (vehicle.layout is Layout.LIGHT)


def test_serials_have_at_most_two_letters(table_traffic: Traffic) -> None:
    serials = {v.front_plate.text[2:] for v in table_traffic if v.front_plate.rows == 1}
    letters = {sum(character.isalpha() for character in serial) for serial in serials}
    assert letters == {0, 1, 2}
