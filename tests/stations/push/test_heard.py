"""A station that falls silent raises its hand, once for each silence."""

from pushing import NOW_MS, Pushing, upload
from sqlalchemy import select

from models.push_tables import StationSilence
from stations.push.credentials import revoke_credential
from stations.push.heard import raise_hands

MINUTE_MS = 60_000


def look(pushing: Pushing) -> list[str]:
    with pushing.database.write("test") as connection:
        return raise_hands(connection, ["one", "two"], pushing.now_ms, MINUTE_MS)


def silences(pushing: Pushing) -> list[tuple[str, int, int | None]]:
    with pushing.database.read() as connection:
        rows = connection.execute(select(StationSilence.__table__).order_by(StationSilence.since))
        return [
            (row.station_id, row.since - NOW_MS, None if row.ended_at is None else row.ended_at - NOW_MS)
            for row in rows
        ]


def test_silence_begins_is_told_once_and_ends(either: Pushing) -> None:
    assert look(either) == []
    either.records(upload())
    either.now_ms += MINUTE_MS
    assert look(either) == []
    either.now_ms += 1
    assert look(either) == ["one"]
    assert look(either) == []
    assert silences(either) == [("one", 0, None)]
    either.ask("POST", "/v1/heartbeat", json={"sentAt": "2026-06-18T08:00:00+08:00"})
    assert silences(either) == [("one", 0, MINUTE_MS + 1)]
    either.now_ms += 2 * MINUTE_MS
    assert look(either) == ["one"]
    assert [ended for _, _, ended in silences(either)] == [MINUTE_MS + 1, None]


def test_a_station_without_a_credential_is_not_waited_for(pushing: Pushing) -> None:
    pushing.records(upload())
    with pushing.database.write("test") as connection:
        revoke_credential(connection, pushing.token.split("_")[1], "拆除", NOW_MS)
    pushing.now_ms += 2 * MINUTE_MS
    assert look(pushing) == []
