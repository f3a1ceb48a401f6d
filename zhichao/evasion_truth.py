"""What a night saw of evasion, held against what was true."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table

from stations.roadside.evaders import is_evader
from stations.roadside.vehicle import TrueVehicle


@dataclass(frozen=True, slots=True, kw_only=True)
class EvasionCompared:
    """Evaders and those seen, plain drivers accused, plates on two vehicles and those told."""

    evaders: int
    seen: int
    accused_wrongly: int
    clones: int
    clones_found: int
    conflicts_wrong: int

    @property
    def sound(self) -> bool:
        """Tell whether no honest plate is told of; who drives at the edge may be, and a person looks."""
        return not self.conflicts_wrong

    def as_json(self) -> dict[str, Any]:
        """Return the fields as JSON values."""
        return asdict(self) | {"sound": self.sound}


def compare_evasion(
    vehicles: Sequence[TrueVehicle], driven: Sequence[dict[str, Any]], conflicts: Sequence[dict[str, Any]]
) -> EvasionCompared:
    """Hold manoeuvres and plate conflicts against the truth, matched by station, second and lane."""
    evaders = {_key(one) for one in vehicles if is_evader(one)}
    accused = {_row_key(row) for row in driven if not row["excused"]}
    shapes: dict[str, set[tuple[int, ...]]] = {}
    for one in vehicles:
        shapes.setdefault(one.front_plate.text, set()).add(one.spacings_mm[:1])
    cloned = {plate for plate, some in shapes.items() if len(some) > 1}
    told = {row["plate"] for row in conflicts}
    return EvasionCompared(
        evaders=len(evaders),
        seen=len(evaders & accused),
        accused_wrongly=len(accused - evaders),
        clones=len(cloned),
        clones_found=len(told & cloned),
        conflicts_wrong=len(told - cloned),
    )


def _key(vehicle: TrueVehicle) -> tuple[str, str, int]:
    return vehicle.station_id, vehicle.passed_at.isoformat()[:19], vehicle.lane


def _row_key(row: dict[str, Any]) -> tuple[str, str, int]:
    return row["station"], row["time"][:19], row["lane"]


def evasion_table(compared: EvasionCompared, title: str) -> Table:
    """Return the comparison for people."""
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for label, value in (
        ("真实规避检测 truly evaded", compared.evaders),
        ("  已发现 seen", compared.seen),
        ("误认规避 accused wrongly", compared.accused_wrongly),
        ("真实套牌 cloned plates", compared.clones),
        ("  已发现 found", compared.clones_found),
        ("误认套牌 told wrongly", compared.conflicts_wrong),
    ):
        table.add_row(label, f"{value:,}")
    return table
