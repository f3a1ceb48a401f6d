"""A corrected plate is asked for and judged again; a slow registry holds no page; owners stay sealed."""

import threading
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from functools import partial
from pathlib import Path

import pytest
from desk import Desk
from nights import DAY, Night
from registry_cases import registries_of
from sqlalchemy import select, update

from models.office_tables import AuditEntry
from models.registry_tables import CaseLookup, RegisteredJudgement, RegistryQuery
from models.tables import Judgement
from models.values.plates import PlateColour
from models.values.registry import Party, Plate, RegisteredVehicle, VehicleClass
from models.vault import Vault
from pipeline.registries.kept import party_of
from pipeline.registries.simulated.dials import Dials
from pipeline.registries.simulated.fleet import Fleet
from pipeline.registries.simulated.serve import registry_server, settings_of
from review.asking import Asking
from review.office import Office

Desks = Callable[[str], Desk]
READ, CORRECTED, OWNER = "浙Z00011", "浙Z00012", "虚构运输第999有限公司"
SECRET = "only in these tests"  # noqa: S105 (a simulation's)


class Line:
    """The way to the registries: closed, nobody is asked until it opens."""

    def __init__(self, look_up: Callable[[AbstractSet[int]], object]) -> None:
        self.open, self.runs, self._look_up = threading.Event(), 0, look_up
        self.open.set()

    def __call__(self, cases: AbstractSet[int]) -> None:
        self.open.wait(10)
        self.runs += 1
        self._look_up(cases)


def tractor(plate: str, drive_axles: int) -> RegisteredVehicle:
    return RegisteredVehicle(
        plate=Plate(text=plate, colour=PlateColour.YELLOW),
        source="",
        answered_at_ms=0,
        vehicle_class=VehicleClass.TRACTOR,
        axle_count=3,
        drive_axles=drive_axles,
        tyre_count=10,
        wide_tyres=False,
        air_suspension=False,
        wheelbase_mm=(3300, 1350),
        curb_mass_kg=9_000,
        train_mass_kg=49_000,
        party=Party(owner=OWNER, address="虚构省模拟市假设路999号"),
    )


@pytest.fixture
def line(office: Office, night: Night, tmp_path: Path) -> Iterator[Line]:
    """Give the console registries that know both plates; the night has asked for the one that was read."""
    secret = tmp_path / "secret"
    secret.write_text(SECRET, encoding="utf-8")
    vehicles = {READ: tractor(READ, drive_axles=2), CORRECTED: tractor(CORRECTED, drive_axles=1)}
    with registry_server("zhejiang", Fleet(vehicles=vehicles, permits={}), Dials(), SECRET) as server:
        settings = settings_of("zhejiang", server.port, secret, per_second=1000)
        registries = registries_of(night.database, [settings], tmp_path)
        registries.look_up([night.station], DAY)
        made = Line(partial(registries.look_up_corrected, [night.station]))
        office.asking = Asking(made, patience_s=5)
        office.party = lambda connection, one: party_of(connection, Vault.load(registries.vault_path), one)
        yield made
        made.open.set()


def lookups(office: Office) -> list[tuple[str, str]]:
    with office.read() as connection:
        query = select(CaseLookup.read_plate, CaseLookup.state).where(CaseLookup.read_plate != "")
        return [tuple(row) for row in connection.execute(query.order_by(CaseLookup.id))]


def actions(office: Office, number: str) -> list[str]:
    with office.read() as connection:
        told = select(AuditEntry.action).where(AuditEntry.subject == number)
        return list(connection.scalars(told.order_by(AuditEntry.number)))


@pytest.mark.usefixtures("line")
def test_a_corrected_plate_is_asked_for_and_judged_again_beside_the_first(
    desk: Desks, office: Office, numbers: list[str]
) -> None:
    assert lookups(office) == [(READ, "identified")]
    page = desk("reviewer").verdict(numbers[0], "plate", plate=CORRECTED).text
    assert lookups(office) == [(READ, "identified"), (CORRECTED, "identified")]
    with office.read() as connection:
        limits = select(RegisteredJudgement.limit_kg).order_by(RegisteredJudgement.id)
        # A case of two passages: both are judged again, and what was judged first stays.
        assert connection.scalars(limits).all() == [49_000, 49_000, 46_000, 46_000]
        assert set(connection.scalars(select(Judgement.limit_kg).where(Judgement.plate == READ))) == {49_000}
        asked = set(connection.scalars(select(RegistryQuery.plate)))
        # An officer's reading has no near misses that are asked.
        assert asked == {READ, CORRECTED}
    assert actions(office, numbers[0])[-3:] == ["corrected_plate", "looked_up", "saw"]
    assert "更正号牌前后" in page
    assert "限值 46,000 kg" in page
    assert "限值 49,000 kg" in page


def test_a_slow_registry_holds_no_page_and_its_answer_comes_later(
    desk: Desks, office: Office, numbers: list[str], line: Line
) -> None:
    first = desk("reviewer")
    assert office.asking is not None
    office.asking.again()
    line.open.clear()
    office.asking._patience_s = 0.05
    page = first.verdict(numbers[0], "plate", plate=CORRECTED).text
    assert "正在按更正后的号牌查询" in page
    assert "以下为更正前号牌 浙Z00011 的查询结果" in page
    part = first.get(f"/cases/{numbers[0]}/lookup").text
    assert "data-asking" in part
    assert "<html" not in part
    line.open.set()
    office.asking._patience_s = 5
    office.asking.again()
    part = first.get(f"/cases/{numbers[0]}/lookup").text
    assert "data-asking" not in part
    assert "限值 46,000 kg" in part


@pytest.mark.usefixtures("line")
def test_a_plate_that_nobody_can_ask_for_is_kept_and_said(
    desk: Desks, office: Office, numbers: list[str]
) -> None:
    page = desk("reviewer").verdict(numbers[0], "plate", plate="浙Z0001?").text
    assert lookups(office)[-1] == ("浙Z0001?", "elsewhere")
    assert "号牌式样不符合GA 36" in page


def test_a_missing_answer_is_asked_for_again_on_an_officers_word(
    desk: Desks, office: Office, numbers: list[str], line: Line
) -> None:
    path, button = f"/cases/{numbers[0]}", "再次查询（记入审计）"
    one = desk("reviewer")
    assert button not in one.get(path).text
    assert one.post(f"{path}/lookup").status_code == 303
    with office.write("test") as connection:
        connection.execute(update(CaseLookup).values(state="waiting", reason="unreachable"))
    # What is settled is not asked for again, and the auditor only looks.
    assert "asked_again" not in actions(office, numbers[0])
    assert button not in desk("auditor").get(path).text
    assert desk("auditor").post(f"{path}/lookup").status_code == 403
    assert button in one.get(path).text
    assert office.asking is not None
    line.open.clear()
    office.asking._patience_s = 0.05
    assert one.post(f"{path}/lookup").status_code == 303
    page = one.get(path).text
    assert "正在再次查询登记信息" in page
    assert button not in page
    line.open.set()
    office.asking._patience_s = 5
    office.asking.again()
    assert lookups(office) == [(READ, "waiting"), (READ, "identified")]
    assert button not in one.get(path).text
    assert actions(office, numbers[0]).count("asked_again") == 1


def test_what_stops_the_asking_is_said_and_the_correction_stays(
    desk: Desks, office: Office, numbers: list[str]
) -> None:
    def broken(_: AbstractSet[int]) -> None:
        raise OSError("钥匙不可读")

    office.asking = Asking(broken, patience_s=5)
    page = desk("reviewer").verdict(numbers[0], "plate", plate=CORRECTED).text
    assert "尚未按更正后的号牌查询。钥匙不可读" in page
    office.asking = None
    assert "没有配置车辆登记系统" in desk("reviewer").get(f"/cases/{numbers[0]}").text


@pytest.mark.usefixtures("line")
def test_a_second_reviewer_does_not_see_what_the_first_changed(desk: Desks, numbers: list[str]) -> None:
    first = desk("reviewer")
    first.verdict(numbers[0], "plate", plate=CORRECTED)
    first.verdict(numbers[0], "confirm")
    for path in (f"/cases/{numbers[0]}", f"/cases/{numbers[0]}/lookup"):
        assert "更正号牌前后" in first.get(path).text
        assert "更正号牌前后" not in desk("reviewer2").get(path).text


@pytest.mark.usefixtures("line")
def test_the_party_is_shown_after_the_filing_to_who_handles_the_case_and_logged(
    desk: Desks, office: Office, numbers: list[str]
) -> None:
    path = f"/cases/{numbers[0]}/party"
    assert desk("reviewer").post(path).status_code == 403
    desk("reviewer").verdict(numbers[0], "confirm")
    desk("reviewer2").verdict(numbers[0], "confirm")
    for login in ("auditor", "administrator", "station_operator"):
        assert desk(login).post(path).status_code == 403
    for login in ("reviewer", "team_leader", "legal_reviewer"):
        assert OWNER not in desk(login).get(f"/cases/{numbers[0]}").text
        assert OWNER in desk(login).post(path).text
    with office.read() as connection:
        saw = select(AuditEntry.actor, AuditEntry.detail).where(AuditEntry.action == "saw_party")
        rows = connection.execute(saw.order_by(AuditEntry.number)).all()
    assert [row.actor for row in rows] == ["虚构reviewer", "虚构team_leader", "虚构legal_reviewer"]
    assert all(READ in row.detail and OWNER not in row.detail for row in rows)


def test_the_owner_of_another_plate_is_not_shown(
    desk: Desks, office: Office, numbers: list[str], line: Line
) -> None:
    assert office.asking is not None
    office.asking.again()
    line.open.clear()
    office.asking._patience_s = 0
    desk("reviewer").verdict(numbers[0], "plate", plate=CORRECTED)
    desk("reviewer").verdict(numbers[0], "confirm")
    desk("reviewer2").verdict(numbers[0], "confirm")
    answer = desk("team_leader").post(f"/cases/{numbers[0]}/party")
    assert (answer.status_code, OWNER in answer.text) == (404, False)


def test_unknown_facts_fold_into_one_line_and_real_doubts_stay_in_sight(
    desk: Desks, office: Office, numbers: list[str]
) -> None:
    with office.write("test") as connection:
        words = "tyres_unknown suspension_unknown frames_disagree"
        connection.execute(update(Judgement).values(doubts=words, codes=""))
    page = desk("reviewer").get(f"/cases/{numbers[1]}").text
    shown, _, folded = page.partition('class="card doubts"')[2].partition("<details>")
    assert "各抓拍图片识别的号牌不一致" in shown
    assert "单双胎未知" not in shown
    assert "另有 2 项未知资料" in folded
    assert "单双胎未知" in folded.partition("</details>")[0]
