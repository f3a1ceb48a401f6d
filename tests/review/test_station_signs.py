"""The stations page tells of a station that pushes when it was heard, and when it is silent."""

from collections.abc import Callable

from desk import Desk

from models.values.timeline import from_ms
from review.office import Office
from stations.push.credentials import make_credential
from stations.push.heard import heard, raise_hands


def test_a_silent_station_raises_its_hand_on_its_page(office: Office, desk: Callable[[str], Desk]) -> None:
    leader = desk("team_leader")
    assert "推送" not in leader.get("/stations").text
    now_ms = office.clock_ms()
    with office.write("test") as connection:
        make_credential(connection, "test-1", "虚构设备", now_ms)
        heard(connection, "test-1", now_ms, clock_ahead_ms=-3000, waiting=12)
    page = leader.get("/stations").text
    assert "最后收到" in page
    assert "失联" not in page
    assert "站上待发 12 件" in page
    assert "站上时钟快 -3 秒" in page
    with office.write("test") as connection:
        assert raise_hands(connection, ["test-1"], now_ms + 60_001, 60_000) == ["test-1"]
    page = leader.get("/stations").text
    assert "⚠ 失联，最后收到" in page
    zone = next(iter(office.sites.values())).zone
    assert f"{from_ms(now_ms, zone):%H:%M}" in page
