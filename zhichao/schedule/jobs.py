"""The table of jobs: what runs, when, what becomes of a missed instant, and which function does it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import time
from zoneinfo import ZoneInfo

from stations.station import Station
from zhichao.schedule import night, office_jobs, upkeep
from zhichao.schedule.installation import Installation
from zhichao.schedule.job import MINUTE_MS, Job
from zhichao.schedule.timing import Timing, daily, every, weekly

HOUR_MS = 60 * MINUTE_MS


def jobs(installation: Installation) -> Sequence[Job]:
    """Return the jobs that the settings ask for."""
    settings, times = installation.settings, installation.settings.schedule
    zone = ZoneInfo(times.zone)

    def at(clock: time) -> Timing:
        return daily(clock, zone)

    table = [
        *_nights(settings.stations, times.nightly_at),
        Job(name="deadlines", label="案件期限", timing=at(times.deadlines_at), work=office_jobs.deadlines),
        Job(
            name="service",
            label="文书送达",
            timing=every(times.service_minutes, zone),
            work=office_jobs.service,
        ),
        Job(name="gate", label="车道与证书", timing=at(times.gate_at), work=office_jobs.gate),
        Job(name="retention", label="到期删除", timing=at(times.retention_at), work=upkeep.retention),
        Job(name="backup", label="备份", timing=at(times.backup_at), work=upkeep.backup),
        # Reading every original takes hours on a large store: not begun late into a working day.
        Job(
            name="verify",
            label="完整性核验",
            timing=weekly(times.verify_at, zone),
            work=upkeep.verify,
            misfire_ms=3 * HOUR_MS,
        ),
    ]
    if settings.registries:
        timing = every(times.registries_minutes, zone)
        table.append(Job(name="registries", label="登记系统重试", timing=timing, work=office_jobs.registries))
    if any(partner.url for partner in settings.partners):
        timing = every(times.relay_minutes, zone)
        table.append(Job(name="relay", label="互认收发", timing=timing, work=office_jobs.relay))
    return table


def _nights(stations: Sequence[Station], nightly_at: time) -> list[Job]:
    """Return a job for each local clock that stations go by, each missed night made up by itself."""
    by_clock: defaultdict[tuple[str, time], list[str]] = defaultdict(list)
    for station in stations:
        by_clock[station.timezone, station.nightly_at or nightly_at].append(station.id)
    return [
        Job(
            name=f"nightly {zone} {clock:%H:%M}",
            label="夜间处理",
            timing=daily(clock, ZoneInfo(zone)),
            work=night.work_of(zone, tuple(ids)),
            each=True,
        )
        for (zone, clock), ids in sorted(by_clock.items())
    ]
