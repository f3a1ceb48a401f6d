"""When what runs by itself, as the settings say it."""

from datetime import time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"expected a time zone such as Asia/Shanghai, got {name!r}") from error
    return name


Minutes = Literal[1, 2, 5, 10, 15, 20, 30, 60]


class ScheduleSettings(BaseModel):
    """The times of the jobs, in `zone`; that of the night is in the station's own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zone: Annotated[str, AfterValidator(_zone)] = Field(default="Asia/Shanghai", description="of the times")
    nightly_at: time = Field(default=time(0, 40), description="the day before is judged")
    late_days: int = Field(default=31, ge=0, le=366, description="days back whose late records are judged")
    registries_minutes: Minutes = Field(default=30, description="pause between questions that wait")
    service_minutes: Minutes = Field(default=60, description="pause between rounds of service")
    relay_minutes: Minutes = Field(default=1, description="pause between rounds of sending to partners")
    backup_at: time = Field(default=time(3, 30), description="the backup is made")
    verify_at: time = Field(default=time(4, 30), description="on Sundays: all that is kept is verified")
    retention_at: time = Field(default=time(5, 30), description="what may not be kept longer is deleted")
    deadlines_at: time = Field(default=time(6, 0), description="days due are worked out anew")
    gate_at: time = Field(default=time(6, 10), description="lanes, overrides, certificates are looked at")
    night_memory_mb: int = Field(default=0, ge=0, description="a night that takes more is ended; 0: any")
    host: str = Field(default="127.0.0.1", description="where the schedule tells health and figures")
    port: int = Field(default=8440, ge=1, le=65_535)
    heart_s: float = Field(default=5, gt=0, le=30, description="pause between renewals of the lock")
    lease_s: int = Field(default=60, ge=5, le=3600, description="silence after which another takes over")
