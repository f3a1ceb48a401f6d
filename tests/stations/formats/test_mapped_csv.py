from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from stations.formats.base import FileRefusedError
from stations.formats.mapped_csv import MappedCsvFormat
from stations.station import LengthColumn, MappedCsv, MassColumn, SpeedColumn

MAPPING = MappedCsv(
    delimiter=";",
    time_format="%d.%m.%Y %H:%M:%S",
    time="时间",
    lane="车道",
    serial="流水号",
    gross=MassColumn(column="总重", unit="t"),
    axles=tuple(MassColumn(column=f"轴{axle}", unit="kN") for axle in (1, 2, 3)),
    spacings=tuple(LengthColumn(column=f"距{axle}", unit="m") for axle in (1, 2)),
    speed=SpeedColumn(column="速度", unit="m/s"),
    plate_front="车牌",
    ignore=("备注",),
)
HEADER = "时间;车道;流水号;总重;轴1;轴2;轴3;距1;距2;速度;车牌;备注"


def read(path: Path, text: str, encoding: str = "gb18030"):  # noqa: ANN201 (a pair as the format gives it)
    path.write_bytes(text.encode(encoding))
    (block,) = MappedCsvFormat(mapping=MAPPING, zone=ZoneInfo("Asia/Shanghai")).read(path)
    return block.batch, block.problems


def test_columns_and_units_follow_the_mapping(tmp_path: Path) -> None:
    row = "18.06.2026 01:02:03;1;A7;18.123;58.8399;58.8399;60.0;3.5;;16.5;浙Z00001;x"
    batch, problems = read(tmp_path / "a.csv", f"{HEADER}\n{row}\n")
    assert not problems
    assert batch.gross_kg.tolist() == [18_123]
    assert batch.axle_kg.tolist() == [[6000, 6000, 6118]]
    assert batch.spacing_mm.tolist() == [[3500, 0]]
    assert batch.axle_count.tolist() == [3]
    assert batch.speed_kmh[0] == pytest.approx(59.4)
    assert batch.serial.tolist() == ["A7"]
    assert batch.plate_front.tolist() == ["浙Z00001"]
    assert batch.passed_at_ms.tolist() == [1781715723000]


def test_an_unmapped_column_is_refused_until_it_is_listed(tmp_path: Path) -> None:
    with pytest.raises(FileRefusedError, match="unknown column: 新列"):
        read(tmp_path / "a.csv", f"{HEADER};新列\n1\n")


def test_a_time_lost_in_a_change_of_clocks_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER}\n29.03.2026 02:30:00;1;;1;1;1;1;1;1;1;;\n", encoding="utf-8")
    (block,) = MappedCsvFormat(mapping=MAPPING, zone=ZoneInfo("Europe/Zurich")).read(path)
    assert [(problem.row, problem.column) for problem in block.problems] == [(1, "时间")]
