"""Jobs around cases: deadlines, lanes and certificates, registries, the exchange."""

from datetime import timedelta

from sqlalchemy import select

from models import leases
from models.case_deadlines import count_deadlines, keep_days, moved_days
from models.case_life import ZONE
from models.gate_tables import OverrideRow
from models.leases import this_process
from models.values.calendar import work_calendar
from models.values.states import Standing
from models.values.timeline import from_ms
from notices.exchange.relay import Relay
from pipeline.lane_list import latest_standing
from zhichao import exchange_wiring, service_wiring, wiring
from zhichao.schedule.installation import Installation
from zhichao.schedule.job import Done

OVERRIDE_AHEAD = timedelta(days=7)
CERTIFICATE_AHEAD = timedelta(days=30)


def deadlines(installation: Installation, slot_ms: int) -> Done:
    """Work the days due out anew, since holidays are announced late in the year, and count what presses."""
    del slot_ms
    database, today = installation.database, from_ms(installation.clock_ms(), ZONE).date()
    with database.read() as connection:
        moved = moved_days(connection, work_calendar())
    with database.write("deadlines.kept") as connection:
        keep_days(connection, moved)
    with database.read() as connection:
        found = count_deadlines(connection, today)
    summary = f"逾期 {found.over} 件，今日到期 {found.today} 件，三日内 {found.soon} 件，改期 {len(moved)} 件"
    return Done(summary=summary, troubled=found.over > 0)


def gate(installation: Installation, slot_ms: int) -> Done:
    """Say which lanes are barred, and which overrides and certificates end soon or have ended."""
    del slot_ms
    said: list[str] = []
    with installation.database.read() as connection:
        for station in installation.settings.stations:
            today = from_ms(installation.clock_ms(), station.zone).date()
            for lane in station.lanes:
                found = latest_standing(connection, station.id, lane.number)
                if found and found[1] is Standing.BARRED:
                    said.append(f"{station.id} 车道 {lane.number} 停用：{found[2]}")
            ending = select(OverrideRow.lane, OverrideRow.last_day).where(
                OverrideRow.station_id == station.id,
                OverrideRow.last_day.between(str(today), str(today + OVERRIDE_AHEAD)),
            )
            said += [
                f"{station.id} 车道 {row.lane} 的人工指定 {row.last_day} 到期"
                for row in connection.execute(ending.order_by(OverrideRow.last_day))
            ]
            last = max(one.valid_until for one in station.certificates)
            if last < today:
                said.append(f"{station.id} 检定证书已于 {last} 到期")
            elif last <= today + CERTIFICATE_AHEAD:
                said.append(f"{station.id} 检定证书 {last} 到期")
    return Done(summary="；".join(said) or "各车道与证书正常", troubled=bool(said))


def registries(installation: Installation, slot_ms: int) -> Done:
    """Ask again for the cases that wait for a registry."""
    del slot_ms
    settings = installation.settings
    asking = wiring.registries(settings, installation.database)
    if asking is None:
        return Done(summary="未配置登记系统")
    report = asking.look_up(settings.stations, None)
    waiting = sum(report.waiting.values())
    return Done(summary=f"查询 {sum(report.states.values())} 件，仍等待 {waiting} 件", troubled=waiting > 0)


def relay(installation: Installation, slot_ms: int) -> Done:
    """Say the day's heads and send what waits; beside `zhichao exchange serve`, which does the same."""
    del slot_ms
    settings, database = installation.settings, installation.database
    ours = exchange_wiring.exchange(settings, database)
    holder = this_process(exchange_wiring.LEASE_MS)
    with exchange_wiring.client(settings) as posting:
        received = Relay(exchange=ours, partners=posting.partners(), holder=holder).turn()
    with database.write("relay.released") as connection:
        for partner in sorted(ours.partners):
            leases.release(connection, f"relay:{partner}", holder)
    return Done(summary=f"收到回执 {received} 份")


def service(installation: Installation, slot_ms: int) -> Done:
    """Send documents that wait, follow those that were sent, name what is overdue."""
    del slot_ms
    tally = service_wiring.desk(installation.settings, installation.database).run()
    summary = f"发出 {tally.sent}，送达 {tally.delivered}，未送达 {tally.failed}，逾期 {len(tally.overdue)}"
    problems = "；".join([summary, *tally.problems])
    return Done(summary=problems, troubled=bool(tally.overdue or tally.problems or tally.failed))
