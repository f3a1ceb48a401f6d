"""A record file judged without a database: the same whatever the size of its blocks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hs_file import hs_row, write_hs

from pipeline.judge_file import FileReport, judge_file
from stations.formats import text
from stations.station import Station

NOW_MS = 1_900_000_000_000


def fortnight(folder: Path) -> Path:
    """Write two weeks of trucks, some over the limit, some sent twice, some not readable."""
    rows = [
        hs_row(
            f"2026-06-{1 + number // 40:02} {number % 24:02}:{number % 60:02}:00.000",
            18_000 + 977 * (number % 47),
            axles=(2, 3, 4, 6)[number % 4],
            lane=1 + number % 3,
        )
        for number in range(560)
    ]
    rows[100] = rows[20]
    rows[555] = rows[0]
    rows[300] = rows[300].replace(",1,", ",x,", 1)
    rows[301] = "cut off"
    rows[302] = rows[302].replace(",", ";")
    return write_hs(folder / "fortnight.csv", rows)


def judged(path: Path, station: Station) -> tuple[list[dict[str, Any]], FileReport]:
    report = FileReport()
    return list(judge_file(path, station, NOW_MS, report)), report


@pytest.mark.parametrize("block_bytes", [200, 1_000, 7_777, 40_000])
def test_blocks_of_any_size_give_the_same_findings(
    tmp_path: Path,
    make_station: Callable[..., Station],
    monkeypatch: pytest.MonkeyPatch,
    block_bytes: int,
) -> None:
    path, station = fortnight(tmp_path), make_station()
    findings, report = judged(path, station)
    assert len(findings) > 100
    assert report.codes["repeated"] == 2
    assert len(report.problems) == 3
    monkeypatch.setattr(text, "BLOCK_BYTES", block_bytes)
    assert judged(path, station) == (findings, report)


def test_a_finding_says_what_was_measured_and_decided(
    tmp_path: Path, make_station: Callable[..., Station]
) -> None:
    path = write_hs(tmp_path / "a.csv", [hs_row("2026-06-18 01:02:03.045", 60_000, lane=3)])
    (finding,), report = judged(path, make_station())
    expected = {
        "row": 1,
        "time": "2026-06-18T01:02:03.045+08:00",
        "lane": 3,
        "axle_count": 6,
        "gross_kg": 60_000,
        "decided_kg": 57_000,
        "limit_kg": 49_000,
        "excess_kg": 8_000,
        "excess_ratio": 0.163265,
        "layout": "",
        "layout_open": True,
        "rule_set": "zhejiang_2020",
        "limit_rule": "62号令 art. 3(八); 46 t with a single drive axle",
        "band": "education",
        "amount_fen": 0,
        "articles": ("《浙江省公路条例》第三十四条第一款", "《浙江省公路条例》第五十三条第一款第（一）项"),
        "quality": ("lane_unknown",),
    }
    assert {name: finding[name] for name in expected} == expected
    assert report.over_limit == {(3, 6): 1}
