"""A night's cases through the registries, on either database."""

import json
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from registry_cases import DAY, add_cases, registries_of
from sqlalchemy import func, select, text, update

from models.database import Database
from models.registry_tables import CaseLookup, RegisteredJudgement, RegistryAnswer, RegistryQuery
from models.tables import Base
from models.values.lookups import LookupDoubt, LookupState
from models.vault import Vault
from pipeline.registries.kept import party_of
from pipeline.registries.look_up import LookupReport
from pipeline.registries.retention import delete_old, reseal
from pipeline.registries.settings import RegistrySettings
from pipeline.registries.simulated.dials import Dials, Fault
from pipeline.registries.simulated.fleet import Fleet
from stations.roadside.vehicle import TrueVehicle
from stations.station import Station

Serve = Callable[..., tuple[RegistrySettings, Dials]]
ROAD = "G000 虚构公路"


@pytest.fixture
def station(make_station: Callable[..., Station]) -> Station:
    return make_station(road=ROAD)


def _has_local_trailer(true: TrueVehicle) -> bool:
    """Tell whether there is a trailer of the two provinces whose registries run here."""
    return true.rear_plate.text.endswith("挂") and true.rear_plate.text[0] in "浙沪"


class Office:
    """A database, running registries, and a folder with the key."""

    def __init__(
        self, database: Database, station: Station, settings: Sequence[RegistrySettings], folder: Path
    ) -> None:
        self.database, self.station, self.settings, self.folder = database, station, settings, folder

    def look_up(self, *, day: bool = True, **changes: float) -> LookupReport:
        registries = registries_of(self.database, self.settings, self.folder, **changes)
        return registries.look_up([self.station], DAY if day else None)

    def lookups(self) -> list[Any]:
        with self.database.read() as connection:
            return list(connection.execute(select(CaseLookup).order_by(CaseLookup.case_id, CaseLookup.id)))

    def count(self, table: type[Base]) -> int:
        with self.database.read() as connection:
            return int(connection.scalar(select(func.count()).select_from(table)) or 0)


@pytest.fixture
def office(
    database: Database, station: Station, serve: Serve, tmp_path: Path
) -> tuple[Office, dict[str, Dials]]:
    started = {kind: serve(kind) for kind in ("zhejiang", "shanghai")}
    settings = [one for one, _ in started.values()]
    return Office(database, station, settings, tmp_path), {
        kind: dials for kind, (_, dials) in started.items()
    }


def requests(dials: dict[str, Dials]) -> int:
    return sum(one.asked.total() for one in dials.values())


def test_every_case_is_settled_and_a_rerun_asks_nothing(
    office: tuple[Office, dict[str, Dials]], vehicles: list[TrueVehicle], fleet: Fleet
) -> None:
    desk, dials = office
    add_cases(desk.database, desk.station, vehicles)
    report = desk.look_up()
    assert report.states["waiting"] == 0
    assert report.states["identified"] + report.states["permitted"] == len(vehicles)
    vault = Vault.load(desk.folder / "registry.key")
    for row, true in zip(desk.lookups(), vehicles, strict=True):
        assert (row.plate, row.read_plate) == (true.front_plate.text,) * 2
        assert row.trailer_plate == (true.rear_plate.text if _has_local_trailer(true) else "")
        with desk.database.read() as connection:
            party = party_of(connection, vault, row.vehicle_answer_id)
        assert party == fleet.vehicles[true.front_plate.text].party
    asked, before = requests(dials), desk.lookups()
    again = desk.look_up()
    assert (requests(dials), again.questions, desk.lookups()) == (asked, 0, before)


def test_every_question_is_asked_once_and_logged_with_purpose_and_case(
    office: tuple[Office, dict[str, Dials]], vehicles: list[TrueVehicle]
) -> None:
    desk, _ = office
    twice = [*vehicles[:10], *vehicles[:10]]
    add_cases(desk.database, desk.station, twice)
    report = desk.look_up()
    with desk.database.read() as connection:
        log = connection.execute(select(RegistryQuery)).all()
    asked = Counter((row.plate, row.purpose) for row in log)
    assert set(asked.values()) == {1}
    assert report.questions == len(log)
    trailers = {one.rear_plate.text for one in vehicles[:10] if _has_local_trailer(one)}
    plates = {one.front_plate.text for one in vehicles[:10]}
    assert asked.keys() == (
        {(one, "case") for one in plates}
        | {(one, "permit") for one in plates}
        | {(one, "trailer") for one in trailers}
    )
    assert all(row.case_id and "/" in row.asked_by and row.outcome in {"found", "none"} for row in log)
    assert len(desk.lookups()) == len(twice)


def test_cases_of_a_source_that_is_down_wait_and_are_taken_up_again(
    office: tuple[Office, dict[str, Dials]], vehicles: list[TrueVehicle]
) -> None:
    desk, dials = office
    add_cases(desk.database, desk.station, vehicles)
    dials["shanghai"].outages = ((0, 1e9),)
    report = desk.look_up()
    of_shanghai = [one for one in vehicles if one.front_plate.text.startswith("沪")]
    assert report.waiting == {"source_down": len(of_shanghai)}
    assert "shanghai" in report.traffic.down
    rows = len(desk.lookups())
    assert desk.look_up().waiting == report.waiting
    assert len(desk.lookups()) == rows
    dials["shanghai"].outages = ()
    to_zhejiang = dials["zhejiang"].asked["/api/v1/vehicles"]
    again = desk.look_up(day=False)
    assert again.states["waiting"] == 0
    assert sum(again.states.values()) == len(of_shanghai)
    # Trailers registered in Zhejiang were answered before and are not asked again.
    assert dials["zhejiang"].asked["/api/v1/vehicles"] == to_zhejiang


def test_a_killed_run_repeats_no_question_that_was_answered(
    office: tuple[Office, dict[str, Dials]], vehicles: list[TrueVehicle], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, dials = office
    add_cases(desk.database, desk.station, vehicles)

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.registries.look_up.save_lookups", die)
        with pytest.raises(KeyboardInterrupt):
            desk.look_up()
    asked = requests(dials)
    report = desk.look_up()
    assert (report.questions, requests(dials)) == (0, asked)
    assert report.states["identified"] + report.states["permitted"] == len(vehicles)


def test_negative_answers_are_believed_for_a_shorter_time(
    office: tuple[Office, dict[str, Dials]], vehicles: list[TrueVehicle]
) -> None:
    desk, _ = office
    true = vehicles[0]
    add_cases(desk.database, desk.station, [true], read_as={true.front_plate.text: "浙Z00000"})
    assert desk.look_up().states == {"unregistered": 1}
    with desk.database.write("test") as connection:
        connection.execute(text("DELETE FROM case_lookup"))
    assert desk.look_up().questions == 0
    with desk.database.write("test") as connection:
        connection.execute(text("DELETE FROM case_lookup"))
    assert desk.look_up(negative_minutes=0).questions == 1


def test_a_permit_that_covers_closes_and_one_that_does_not_is_shown(
    office: tuple[Office, dict[str, Dials]], vehicles: list[TrueVehicle], fleet: Fleet
) -> None:
    desk, _ = office
    permitted = [one for one in vehicles if one.front_plate.text in fleet.permits]
    assert permitted
    add_cases(desk.database, desk.station, permitted)
    desk.look_up()
    states = set()
    for row, true in zip(desk.lookups(), permitted, strict=True):
        mine = {one.number: one for one in fleet.permits[true.front_plate.text]}
        shown = {one["number"]: one for one in json.loads(row.permits)}
        assert shown.keys() == mine.keys()
        covers = any(one["covers"] for one in shown.values())
        assert (row.state == LookupState.PERMITTED) is covers
        assert (LookupDoubt.PERMIT_DOES_NOT_FIT in row.doubts.split()) is not covers
        assert row.permit_answer_id is not None
        assert all(one["covers"] or one["misfits"] for one in shown.values())
        states.add(row.state)
    assert states == {"permitted", "identified"}


def test_a_case_whose_permits_are_not_known_waits_though_its_party_is(
    office: tuple[Office, dict[str, Dials]], vehicles: list[TrueVehicle]
) -> None:
    desk, dials = office
    true = next(one for one in vehicles if one.front_plate.text.startswith("浙"))
    add_cases(desk.database, desk.station, [true])
    dials["zhejiang"].refuse_after = 1
    desk.look_up()
    (row,) = desk.lookups()
    assert (row.state, row.reason, row.plate) == ("waiting", "unauthorised", true.front_plate.text)
    assert LookupDoubt.PERMITS_UNKNOWN in row.doubts.split()
    dials["zhejiang"].refuse_after = None
    desk.look_up()
    assert [one.state for one in desk.lookups()][-1] in {"identified", "permitted"}


def test_the_registered_facts_give_a_second_limit_and_the_first_stays(
    office: tuple[Office, dict[str, Dials]], vehicles: list[TrueVehicle], fleet: Fleet
) -> None:
    desk, _ = office
    trains = [one for one in vehicles if one.axle_count == 6]
    add_cases(desk.database, desk.station, trains)
    desk.look_up()
    with desk.database.read() as connection:
        again = connection.execute(select(RegisteredJudgement).order_by(RegisteredJudgement.passage_id)).all()
        first = connection.execute(text("SELECT limit_kg FROM judgement ORDER BY passage_id")).scalars().all()
    assert first == [one.limit_kg for one in trains]
    expected = [46_000 if fleet.vehicles[one.front_plate.text].drive_axles == 1 else 49_000 for one in trains]
    assert [row.limit_kg for row in again] == expected
    assert 46_000 in expected


def test_a_misread_plate_is_corrected_by_the_only_near_miss_that_fits_and_says_so(
    office: tuple[Office, dict[str, Dials]], vehicles: list[TrueVehicle]
) -> None:
    desk, _ = office
    true = next(one for one in vehicles if one.front_plate.text[-1].isdigit() and one.axle_count == 6)
    plate = true.front_plate.text
    wrong = plate[:-1] + next(digit for digit in "7364" if digit != plate[-1])
    add_cases(
        desk.database,
        desk.station,
        [true],
        read_as={plate: wrong},
        characters=lambda read: [0.999] * (len(read) - 1) + [0.6],
    )
    desk.look_up()
    (row,) = desk.lookups()
    assert (row.state, row.read_plate, row.plate) == ("identified", wrong, plate)
    assert LookupDoubt.PLATE_FROM_REGISTRY in row.doubts.split()
    tried = {one["plate"]: one["outcome"] for one in json.loads(row.tried)}
    assert tried.pop(plate) == "fits"
    assert set(tried.values()) == {"unregistered"}
    with desk.database.read() as connection:
        log = connection.execute(select(RegistryQuery.plate).where(RegistryQuery.purpose == "near_miss"))
        assert {one.plate for one in log} == {plate, *tried}
        kept = set(connection.scalars(select(RegistryAnswer.plate).where(RegistryAnswer.facts != "")))
        judged = connection.scalar(text("SELECT plate FROM judgement"))
    # The registration of no other vehicle is kept, and the reading itself stays what it was.
    assert kept <= {plate, true.rear_plate.text}
    assert judged == wrong


def test_a_near_miss_that_was_not_answered_keeps_the_case_waiting(
    office: tuple[Office, dict[str, Dials]], vehicles: list[TrueVehicle]
) -> None:
    desk, dials = office
    true = next(one for one in vehicles if one.front_plate.text.startswith("沪"))
    plate = true.front_plate.text
    wrong = plate[:-1] + ("1" if plate[-1] != "1" else "2")
    dials["shanghai"].faults = {wrong[:-1] + "5": Fault.NOT_JSON, wrong[:-1] + "6": Fault.NOT_JSON}
    add_cases(
        desk.database,
        desk.station,
        [true],
        read_as={plate: wrong},
        characters=lambda read: [0.999] * (len(read) - 1) + [0.9],
    )
    desk.look_up()
    (row,) = desk.lookups()
    assert (row.state, row.reason, row.plate) == ("waiting", "not_json", "")


def test_plates_that_no_registry_answers_for_are_not_asked(
    office: tuple[Office, dict[str, Dials]], vehicles: list[TrueVehicle]
) -> None:
    desk, dials = office
    names = ["浙A1234警", "224578使", "", "粤Z1234港"]
    some = vehicles[: len(names)]
    add_cases(
        desk.database,
        desk.station,
        [replace(one, rear_plate=one.front_plate) for one in some],
        read_as=dict(zip([one.front_plate.text for one in some], names, strict=True)),
    )
    desk.look_up()
    found = {row.read_plate: (row.state, row.reason) for row in desk.lookups()}
    assert found == {
        "浙A1234警": ("elsewhere", "police"),
        "224578使": ("elsewhere", "embassy"),
        "": ("no_plate", ""),
        "粤Z1234港": ("waiting", "no_source"),
    }
    assert requests(dials) == 0


def test_personal_fields_are_unreadable_in_the_database_and_in_every_log(
    vehicles: list[TrueVehicle],
    fleet: Fleet,
    serve: Serve,
    station: Station,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    path = tmp_path / "own.sqlite"
    database = Database(f"sqlite:///{path}")
    settings = [serve(kind, Dials(error_share=0.1, seed=3))[0] for kind in ("zhejiang", "shanghai")]
    desk = Office(database, station, settings, tmp_path)
    add_cases(database, station, vehicles)
    desk.look_up()
    database.close()
    stored = b"".join(one.read_bytes() for one in tmp_path.glob("own.sqlite*"))
    logged = caplog.text + "".join(repr(record.__dict__) for record in caplog.records)
    parties = [one.party for one in fleet.vehicles.values() if one.party]
    personal = {word for one in parties for word in (one.owner, one.address, one.contact, one.company)}
    assert len(personal) > 60
    # Plates stand in the clear, so the bytes would show if they were searched wrongly.
    assert vehicles[0].front_plate.text.encode() in stored
    assert desk.folder.joinpath("registry.key").exists()
    for word in personal:
        for spelled in (word.encode(), word.encode("utf-16-le"), json.dumps(word)[1:-1].encode()):
            assert spelled not in stored
        assert word not in logged
    assert "stamina.retry_scheduled" in logged
    for secret in {one.secret for one in settings}:
        assert secret not in logged
    assert all(repr(party) == "Party()" for party in parties)


class TestRetention:
    @pytest.fixture
    def full(self, office: tuple[Office, dict[str, Dials]], vehicles: list[TrueVehicle]) -> Office:
        desk, _ = office
        add_cases(desk.database, desk.station, vehicles[:5])
        desk.look_up()
        return desk

    def test_answers_nobody_rests_on_go_first_then_parties_and_the_log(self, full: Office) -> None:
        with full.database.read() as connection:
            now_ms = connection.scalar(select(func.max(RegistryAnswer.answered_at))) + 1
            used = len({row.vehicle_answer_id for row in full.lookups()})
        answers, log = full.count(RegistryAnswer), full.count(RegistryQuery)
        with full.database.write("test") as connection:
            kept = delete_old(connection, now_ms, cache_days=1, keep_days=2)
            assert (kept.answers, kept.parties, kept.queries) == (0, 0, 0)
            later = delete_old(connection, now_ms + 100_000_000, cache_days=1, keep_days=2)
            assert (later.parties, later.queries) == (0, 0)
            assert 0 < later.answers <= answers - used
            last = delete_old(connection, now_ms + 200_000_000, cache_days=1, keep_days=2)
            assert last.queries == log
            assert last.parties >= used
            sealed = connection.scalar(
                select(func.count()).select_from(RegistryAnswer).where(RegistryAnswer.sealed.is_not(None))
            )
        assert sealed == 0
        assert full.count(CaseLookup) == 5

    def test_a_lost_key_means_asking_again_and_nothing_worse(self, full: Office) -> None:
        (full.folder / "registry.key").unlink()
        with full.database.write("test") as connection:
            connection.execute(update(CaseLookup).values(state="waiting"))
        report = full.look_up(day=False)
        assert report.states["waiting"] == 0
        assert report.questions >= 5

    def test_a_new_key_seals_what_the_old_one_sealed(self, full: Office) -> None:
        path = full.folder / "registry.key"
        old = path.read_text(encoding="ascii")
        path.unlink()
        new = Vault.load(path)
        both = Vault.parse(path.read_text(encoding="ascii") + old)
        with full.database.write("test") as connection:
            assert reseal(connection, both) > 0
            assert reseal(connection, both) == 0
            party = party_of(connection, new, full.lookups()[0].vehicle_answer_id)
        assert party is not None
        assert party.owner.startswith("虚构")
