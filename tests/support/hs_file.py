"""Made HS_Data files: each row a truck in a few words."""

from pathlib import Path

from stations.formats.hs_data import AXLES

HEADER = ",".join(
    [
        "HSData_DT,Lane_Id,Axle_Num,Gross_Load",
        *(f"LWheel_{axle}_W" for axle in range(1, AXLES + 1)),
        *(f"RWheel_{axle}_W" for axle in range(1, AXLES + 1)),
        *(f"AxleDis{axle}" for axle in range(1, AXLES)),
        "Speed",
    ]
)
SPACINGS = {2: [5000], 3: [4000, 1350], 4: [1900, 4500, 1350], 6: [3300, 1350, 6500, 1310, 1310]}


def hs_row(
    time: str,
    gross_kg: int,
    axles: int = 6,
    lane: int = 1,
    speed: object = 60,
    lean_kg: int = 10,
) -> str:
    """Return one row whose axles carry equal shares, the left wheels `lean_kg` or twice that over a half.

    Without any lean a mass of 20 kg times the axles has its sides alike on every axle.
    """
    left = [gross_kg // axles // 2 + lean_kg * (axle % 2 + 1) for axle in range(axles)]
    right = [gross_kg // axles - wheel for wheel in left]
    right[-1] += gross_kg - sum(left) - sum(right)
    wide = [0] * (AXLES - axles)
    spacings = [*SPACINGS[axles], *([0] * (AXLES - axles))]
    return ",".join(map(str, [time, lane, axles, gross_kg, *left, *wide, *right, *wide, *spacings, speed]))


def write_hs(path: Path, rows: list[str], encoding: str = "utf-8", end: str = "\n") -> Path:
    """Write a file of header and rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((end.join([HEADER, *rows]) + end).encode(encoding))
    return path
