"""What a station may push, and what becomes of it."""

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fake_reader import frame_bytes
from fastapi import Request
from pushing import NOW_MS, Pushing, problem, upload
from sqlalchemy import func, select

from models import edges
from models.database import Database, DatabaseUnavailableError
from models.push_tables import DeliveryRow, StationHeard
from models.tables import Frame, FrameReference, Passage, Quarantine, SourceFile
from models.values.states import Via
from stations.push.app import _announced
from stations.push.credentials import (
    REMEMBERED_S,
    Credential,
    credentials,
    make_credential,
    revoke_credential,
)
from stations.push.gather import Gather
from stations.push.pace import Room
from stations.push.refusals import RefusedError
from stations.push.take_in import Delivery, Receipt, records_name


def count(database: Database, table: type) -> int:
    with database.read() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def passages(pushing: Pushing) -> list[tuple[str, str]]:
    with pushing.database.read() as connection:
        rows = connection.execute(select(Passage.station_id, Passage.record_key).order_by(Passage.record_key))
        return [(station_id, key) for station_id, key in rows]


def test_a_record_is_kept_before_it_is_answered(pushing: Pushing) -> None:
    seen: list[tuple[str, int]] = []
    edges.listener = lambda edge: seen.append((edge, count(pushing.database, Passage)))
    try:
        answer = pushing.records(upload())
    finally:
        edges.listener = None
    assert answer.status_code == 200
    (taken,) = answer.json()["taken"]
    assert (taken["rows"], taken["rowsNew"], taken["known"], taken["quarantined"]) == (1, 1, False, [])
    assert ("push.taken: after commit", 1) in seen
    assert pushing.take_in.intake.store.path(taken["sha256"]).is_file()


def test_the_same_again_changes_nothing(either: Pushing) -> None:
    first, again = either.records(upload()), either.records(upload())
    inside = either.records(upload(), upload("0002"))
    assert [answer.json()["taken"][0]["known"] for answer in (first, again, inside)] == [False, True, False]
    assert (inside.json()["taken"][0]["rowsNew"], inside.json()["taken"][0]["rowsKnown"]) == (1, 1)
    assert passages(either) == [("one", "330482A01-0001"), ("one", "330482A01-0002")]


def test_records_come_in_any_order_and_days_late(pushing: Pushing) -> None:
    for serial, clock in (
        ("3", "18 07:00:02"),
        ("1", "18 07:00:00"),
        ("9", "11 23:00:00"),
        ("2", "18 07:00:01"),
    ):
        assert pushing.records(upload(serial, f"2026-06-{clock}")).json()["taken"][0]["rowsNew"] == 1
    assert count(pushing.database, Passage) == 4


def test_a_record_with_other_values_goes_to_quarantine(pushing: Pushing) -> None:
    pushing.records(upload())
    (taken,) = pushing.records(upload(gross_kg=60_000)).json()["taken"]
    assert (taken["rowsNew"], taken["rowsQuarantined"], taken["quarantined"][0]["code"]) == (0, 1, "conflict")


def test_frames_come_before_after_and_again(either: Pushing) -> None:
    early, late = ("early.png", frame_bytes(1)), ("late.png", frame_bytes(2))
    assert either.frames(early).status_code == 200
    either.records(upload(frontImage="early.png", rearImage="late.png"))
    either.now_ms += 20 * 60_000
    assert either.frames(late, early).status_code == 200
    assert [one["known"] for one in either.frames(late, early).json()["taken"]] == [True, True]
    assert (count(either.database, Frame), count(either.database, FrameReference)) == (2, 2)


def test_a_record_from_the_future_goes_to_quarantine_and_the_others_are_taken(pushing: Pushing) -> None:
    (taken,) = pushing.records(
        upload("1"), upload("2", "2026-06-18 08:04:59"), upload("3", "2026-06-18 08:05:01")
    ).json()["taken"]
    assert (taken["rowsNew"], taken["rowsQuarantined"]) == (2, 1)
    (found,) = taken["quarantined"]
    assert (found["row"], found["code"], found["field"]) == (3, "future", "time")
    assert "2026-06-18 08:05:01+08:00" in found["reason"]
    assert len(passages(pushing)) == 2


def test_another_stations_record_goes_to_quarantine_of_who_sent_it(pushing: Pushing) -> None:
    (taken,) = pushing.records(upload(previewStationCode="330482A02"), upload("2")).json()["taken"]
    assert (taken["rowsNew"], taken["quarantined"][0]["code"]) == (1, "wrong_station")
    assert passages(pushing) == [("one", "330482A01-2")]
    with pushing.database.read() as connection:
        assert connection.scalars(select(Quarantine.station_id)).all() == ["one"]


def test_bad_rows_and_bad_files_are_kept_with_reasons(pushing: Pushing) -> None:
    (taken,) = pushing.records(upload(), upload("2", totalWeight="heavy")).json()["taken"]
    assert (taken["rowsNew"], taken["rowsQuarantined"], taken["quarantined"][0]["field"]) == (
        1,
        1,
        "totalWeight",
    )
    answer = pushing.ask("POST", "/v1/records", content=b"{", headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["taken"][0]["quarantined"][0]["code"]) == (200, "bad_json")
    (frame,) = pushing.frames(("x.jpg", b"no picture")).json()["taken"]
    assert frame["quarantined"][0]["code"] == "no_image"


@pytest.mark.parametrize(
    ("token", "word"),
    [("", "unknown_credential"), ("zhichao_0123456789ab_" + "x" * 43, "unknown_credential")],
)
def test_nobody_elses_token_is_good(pushing: Pushing, token: str, word: str) -> None:
    answer = pushing.records(upload(), token=token)
    assert (answer.status_code, problem(answer)) == (401, word)
    assert answer.headers["www-authenticate"] == "Bearer"
    wrong = pushing.token[:-1] + ("A" if pushing.token[-1] != "A" else "B")
    assert problem(pushing.records(upload(), token=wrong)) == "unknown_credential"
    assert (
        problem(pushing.ask("POST", "/v1/records", headers={"Authorization": "Basic x"})) == "no_credential"
    )
    assert count(pushing.database, SourceFile) == 0


def test_a_leaked_token_is_revoked_and_what_came_by_it_is_told(either: Pushing) -> None:
    either.records(upload())
    number = either.token.split("_")[1]
    with either.database.write("test") as connection:
        assert revoke_credential(connection, number, "泄露", NOW_MS)
        assert not revoke_credential(connection, number, "泄露", NOW_MS)
    assert problem(either.records(upload("2"))) == "revoked_credential"
    assert (
        either.records(upload("2", previewStationCode="330482A02"), token=either.tokens["two"]).status_code
        == 200
    )
    with either.database.read() as connection:
        one, two = credentials(connection, ["one", "two"])
        digests = connection.scalars(select(DeliveryRow.via)).all()
    assert (one["files"], one["revoked_for"], two["files"], two["revoked_at"]) == (1, "泄露", 1, None)
    assert digests == ["http", "http"]
    assert hashlib.sha256(either.token.split("_", 2)[2].encode()).hexdigest() not in json.dumps(dict(one))


def test_a_token_revoked_while_a_message_is_under_way_brings_nothing_more(either: Pushing) -> None:
    def revoke(edge: str) -> None:
        if edge == "push: stored":
            with either.database.write("test") as connection:
                revoke_credential(connection, either.token.split("_")[1], "泄露", NOW_MS)

    edges.listener = revoke
    try:
        answer = either.records(upload())
    finally:
        edges.listener = None
    assert (answer.status_code, problem(answer)) == (401, "revoked_credential")
    assert count(either.database, SourceFile) == count(either.database, Passage) == 0


def test_a_revoked_token_is_remembered_no_more_and_nothing_it_brings_is_stored(either: Pushing) -> None:
    def stored() -> int:
        return sum(path.is_file() for path in either.folder.rglob("originals/*/*/*"))

    assert either.records(upload()).status_code == 200
    with either.database.write("test") as connection:
        revoke_credential(connection, either.token.split("_")[1], "泄露", NOW_MS)
    # It was known when this one came: stored, and refused where it was to be committed.
    assert problem(either.records(upload("2"))) == "revoked_credential"
    before = stored()
    assert problem(either.records(upload("3"))) == "revoked_credential"
    assert (stored(), count(either.database, Passage)) == (before, 1)


def test_a_revoked_token_soon_takes_nothing_of_what_its_station_may_send(
    make_pushing: Callable[..., Pushing],
) -> None:
    paced = make_pushing(per_second=0.001, burst=4)
    now_s = 0.0
    paced.take_in.tokens.clock = lambda: now_s
    assert paced.records(upload()).status_code == 200
    leaked = paced.token
    with paced.database.write("test") as connection:
        revoke_credential(connection, leaked.split("_")[1], "泄露", NOW_MS)
        fresh = make_credential(connection, "one", "新制", NOW_MS)
    broken = {"content": b"x", "headers": {"content-type": "multipart/form-data; boundary=a"}}
    # Remembered: it gets as far as its body, which is never kept.
    now_s = REMEMBERED_S - 0.1
    assert problem(paced.ask("POST", "/v1/frames", leaked, **broken)) == "malformed"
    now_s = REMEMBERED_S
    answers = [problem(paced.ask("POST", "/v1/frames", leaked, **broken)) for _ in range(6)]
    assert set(answers) == {"revoked_credential"}
    assert [paced.records(upload(str(n)), token=fresh).status_code for n in range(3)] == [200, 200, 429]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/v1/heartbeat", {"sentAt": "2026-06-18T08:01:00+08:00", "waiting": 0}),
        ("/v1/records", [upload("2")]),
    ],
)
def test_a_revoked_token_gives_no_sign_of_life(either: Pushing, path: str, said: Any) -> None:  # noqa: ANN401
    assert either.records(upload()).status_code == 200
    with either.database.write("test") as connection:
        revoke_credential(connection, either.token.split("_")[1], "泄露", NOW_MS)
    either.now_ms += 60_000
    assert problem(either.ask("POST", path, json=said)) == "revoked_credential"
    with either.database.read() as connection:
        assert connection.scalars(select(StationHeard.heard_at)).all() == [NOW_MS]


def test_the_same_twice_in_one_transaction_is_known_the_second_time(either: Pushing) -> None:
    body = json.dumps(upload()).encode()
    name = records_name(either.stations["one"], body)
    credential = Credential(id=either.token.split("_")[1], station_id="one")
    one = Delivery(station=either.stations["one"], credential=credential, via=Via.HTTP, name=name, body=body)
    bad = replace(one, name="bad.json", body=b"[{}]")
    answers = either.take_in.take([one, one, bad, bad])
    assert [isinstance(answer, Receipt) and answer.known for answer in answers] == [False, True, False, False]
    assert [isinstance(answer, Receipt) and len(answer.problems) for answer in answers] == [0, 0, 1, 1]
    assert count(either.database, SourceFile) == count(either.database, DeliveryRow) == 2
    assert count(either.database, Passage) == count(either.database, Quarantine) == 1


def test_bounds_of_a_message(make_pushing: Callable[..., Pushing]) -> None:
    small = make_pushing(record_bytes=1024, frame_bytes=1024, frames=2)
    assert problem(small.records(*[upload(str(n)) for n in range(9)])) == "too_large"
    assert problem(small.frames(("a.png", b"x" * 1025))) == "too_large"
    assert problem(small.frames(*[(f"{n}.png", b"x") for n in range(3)])) == "malformed"
    assert problem(small.frames(("../a.png", b"x"))) == "malformed"
    assert problem(small.frames(("a.json", b"x"))) == "malformed"
    assert problem(small.ask("POST", "/v1/frames", files=[("picture", ("a.png", b"x"))])) == "malformed"
    assert problem(small.ask("POST", "/v1/frames", data={"frame": "x"})) == "wrong_type"
    assert problem(small.ask("POST", "/v1/records", content=b"x")) == "wrong_type"
    packed = {"content-type": "application/json", "content-encoding": "gzip"}
    assert problem(small.ask("POST", "/v1/records", content=b"x", headers=packed)) == "wrong_type"
    assert problem(small.ask("GET", "/v1/records")) == "wrong_method"
    assert problem(small.ask("GET", "/nowhere")) == "no_such_place"
    assert count(small.database, SourceFile) == 0


def test_a_flood_is_told_to_wait_and_others_are_not(make_pushing: Callable[..., Pushing]) -> None:
    flooded = make_pushing(per_second=0.5, burst=3)
    answers = [flooded.records(upload(str(n))) for n in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert problem(answers[-1]) == "too_many"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 2
    other = upload("1", previewStationCode="330482A02")
    assert flooded.records(other, token=flooded.tokens["two"]).status_code == 200


def test_tiny_frames_without_end_are_bounded_by_pace_and_quarantine(
    make_pushing: Callable[..., Pushing],
) -> None:
    bounded = make_pushing(quarantine=3, burst=20, per_second=0.01, frames=8)
    answers = [bounded.frames(*[(f"{n}-{m}.jpg", b"x") for m in range(2)]) for n in range(9)]
    words = [problem(answer) if answer.status_code != 200 else "" for answer in answers]
    assert set(words[:2]) == {""}
    assert "quarantine_full" in words
    assert words[-1] == "quarantine_full"
    assert count(bounded.database, Quarantine) <= 4
    assert problem(bounded.frames(*[(f"{n}.jpg", b"x") for n in range(8)])) == "too_many"


def test_chunks_are_given_room_for_all_they_may_be_whatever_length_they_say() -> None:
    headers = [(b"content-length", b"5"), (b"transfer-encoding", b"chunked")]
    assert _announced(Request({"type": "http", "headers": headers[:1]}), 100) == 5
    assert _announced(Request({"type": "http", "headers": headers}), 100) == 100


def test_what_is_under_way_is_bounded_for_each_station(make_pushing: Callable[..., Pushing]) -> None:
    narrow = make_pushing(waiting_bytes=4096, record_bytes=1 << 20)
    big = [upload(str(n)) for n in range(4)]
    assert narrow.records(*big).status_code == 200
    # Its own message always fits; what comes beside it waits.
    room = Room(bytes_max=400)
    with room.keep("one", 60), room.keep("one", 40):
        with pytest.raises(RefusedError, match="busy"), room.keep("one", 1):
            pass
        with room.keep("two", 100):
            pass
    assert room.under_way == {}


def test_a_failing_database_or_disk_means_try_again(
    pushing: Pushing, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("models.files.FileStore.put", no_space)
        answer = pushing.records(upload())
    assert (answer.status_code, problem(answer)) == (503, "not_now")
    assert int(answer.headers["retry-after"]) > 0

    def locked(*_: object) -> None:
        raise DatabaseUnavailableError("locked")

    with monkeypatch.context() as patch:
        patch.setattr("stations.push.take_in.known_of", locked)
        assert problem(pushing.records(upload())) == "not_now"
    assert pushing.records(upload()).status_code == 200


def test_one_that_nobody_foresaw_does_not_keep_the_others_out(
    pushing: Pushing, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = pushing.take_in.intake.take_stored.__func__  # type: ignore[attr-defined]

    def strange(self: Any, connection: Any, station: Any, name: str, stored: Any, latest_ms: int) -> Any:  # noqa: ANN401
        if name == "bad.png":
            raise RuntimeError("nobody foresaw this")
        return real(self, connection, station, name, stored, latest_ms)

    monkeypatch.setattr("stations.intake.Intake.take_stored", strange)
    answer = pushing.frames(("good.png", frame_bytes(1)), ("bad.png", frame_bytes(2)))
    assert problem(answer) == "not_now"
    assert count(pushing.database, Frame) == 1


def test_a_heartbeat_tells_the_clock(either: Pushing) -> None:
    sent = {"sentAt": "2026-06-18T08:00:02.500+08:00", "waiting": 7}
    answer = either.ask("POST", "/v1/heartbeat", json=sent)
    assert answer.json() == {"receivedAt": "2026-06-18T00:00:00Z", "clockAheadMs": 2500}
    with either.database.read() as connection:
        row = connection.execute(select(StationHeard.__table__)).one()
    assert (row.station_id, row.heartbeat_at, row.clock_ahead_ms, row.waiting) == ("one", NOW_MS, 2500, 7)
    for bad in (
        {},
        {"sentAt": "2026-06-18T08:00:02"},
        sent | {"x": 1},
        sent | {"waiting": -1},
        sent | {"waiting": 1 << 63},
    ):
        assert problem(either.ask("POST", "/v1/heartbeat", json=bad)) == "malformed"


def test_many_at_once_share_a_transaction(pushing: Pushing) -> None:
    commits: list[str] = []
    edges.listener = lambda edge: commits.append(edge) if edge == "push.taken: after commit" else None
    credential = Credential(id=pushing.token.split("_")[1], station_id="one")

    async def all_at_once() -> list[Any]:
        gather = Gather(pushing.take_in)
        return await asyncio.gather(
            *(
                gather.take(
                    [
                        Delivery(
                            station=pushing.stations["one"],
                            credential=credential,
                            via=Via.HTTP,
                            name=f"{n}.json",
                            body=json.dumps(upload(str(n))).encode(),
                        )
                    ]
                )
                for n in range(60)
            )
        )

    try:
        answers = asyncio.run(all_at_once())
    finally:
        edges.listener = None
    assert [one.counts.rows_new for (one,) in answers] == [1] * 60
    assert len(commits) <= 3


def test_the_document_of_the_interface_comes_from_the_code(pushing: Pushing) -> None:
    said = pushing.ask("GET", "/openapi.json").json()
    assert set(said["paths"]) == {"/v1/records", "/v1/frames", "/v1/heartbeat"}
    records = said["paths"]["/v1/records"]["post"]
    assert {"200", "400", "401", "403", "408", "413", "415", "429", "503"} <= set(records["responses"])
    assert "Retry-After" in records["responses"]["429"]["headers"]
    one_of = records["requestBody"]["content"]["application/json"]["schema"]["oneOf"]
    assert "previewDate" in one_of[0]["properties"]
