import csv
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hs_file import hs_row, write_hs
from snapshot import snapshot
from taken import TIME, count, open_reasons

from models.tables import Passage
from stations import contents
from stations.formats.base import Block
from stations.formats.hs_data import HsData
from stations.intake import Intake
from stations.station import Station


def test_a_bad_row_waits_in_quarantine_until_it_is_mended(
    taking: Intake, inbox: Path, make_station: Callable[..., Station], tmp_path: Path
) -> None:
    good, bad = hs_row(TIME, 20_000), hs_row(TIME, 49_000).replace("49000", "49ooo")
    report = taking.take(make_station(), [write_hs(inbox / "a.csv", [good, bad])], remove=True)
    assert (report.rows, report.rows_new, report.quarantined) == (2, 1, 1)
    assert report.messages == ["test-1/a.csv, row 2, field Gross_Load: expected a whole number, got '49ooo'"]
    assert open_reasons(taking.database) == [("a.csv", 2, "Gross_Load", "bad_integer")]
    (copy,) = (tmp_path / "quarantine").rglob("a.csv")
    reasons = list(
        csv.reader((copy.parent.parent / "reasons.csv").read_text(encoding="utf-8-sig").splitlines())
    )
    assert reasons[1][:4] == ["a.csv", "2", "Gross_Load", "bad_integer"]

    before = snapshot(taking.database)
    unmended = taking.retry(make_station())
    assert unmended.quarantined == 1
    assert copy.exists()
    assert snapshot(taking.database) == before

    copy.write_text(copy.read_text(encoding="utf-8").replace("49ooo", "49000"), encoding="utf-8")
    mended = taking.retry(make_station())
    assert (mended.rows_new, mended.quarantined) == (1, 0)
    assert open_reasons(taking.database) == []
    assert not copy.exists()
    assert count(taking.database, Passage) == 2


def test_half_mended_leaves_the_rest_open(
    taking: Intake, inbox: Path, make_station: Callable[..., Station], tmp_path: Path
) -> None:
    rows = [hs_row(TIME, kg).replace(str(kg), f"{kg}x") for kg in (30_000, 40_000)]
    taking.take(make_station(), [write_hs(inbox / "a.csv", rows)], remove=True)
    (copy,) = (tmp_path / "quarantine").rglob("a.csv")
    copy.write_text(copy.read_text(encoding="utf-8").replace("30000x", "30000"), encoding="utf-8")
    report = taking.retry(make_station())
    assert (report.rows_new, report.quarantined) == (1, 1)
    assert open_reasons(taking.database) == [("a.csv", 2, "Gross_Load", "bad_integer")]
    (new_copy,) = (tmp_path / "quarantine").rglob("a.csv")
    assert "30000," in new_copy.read_text(encoding="utf-8")


def test_a_file_refused_as_a_whole_is_taken_once_the_declaration_is_mended(
    taking: Intake, inbox: Path, make_station: Callable[..., Station]
) -> None:
    mapping = {
        "time": "t",
        "lane": "l",
        "gross": {"column": "g"},
        "axles": [{"column": "a1"}, {"column": "a2"}],
    }
    station = make_station(format="mapped_csv", mapped_csv=mapping)
    (inbox / "a.csv").write_text(
        "t,l,g,a1,a2,extra\n2026-06-18 01:02:03,1,9000,4000,5000,x\n", encoding="utf-8"
    )
    report = taking.take(station, [inbox / "a.csv"], remove=True)
    assert report.messages == ["test-1/a.csv, field extra: unknown column: extra"]
    assert count(taking.database, Passage) == 0
    mended = make_station(format="mapped_csv", mapped_csv=mapping | {"ignore": ["extra"]})
    assert taking.retry(mended).rows_new == 1
    assert open_reasons(taking.database) == []


def test_the_same_bad_bytes_under_two_names_wait_apart(
    taking: Intake, inbox: Path, make_station: Callable[..., Station], tmp_path: Path
) -> None:
    bad = [hs_row(TIME, 30_000).replace("30000", "3oooo")]
    paths = [write_hs(inbox / name, bad) for name in ("a.csv", "b.csv", "reasons.csv")]
    taking.take(make_station(), paths, remove=True)
    (copy,) = (tmp_path / "quarantine").rglob("file/a.csv")
    write_hs(copy, [hs_row(TIME, 30_000)])
    assert taking.retry(make_station()).rows_new == 1
    assert [name for name, *_ in open_reasons(taking.database)] == ["b.csv", "reasons.csv"]
    assert len(list((tmp_path / "quarantine").rglob("file/*.csv"))) == 2


def test_a_copy_split_in_two_is_taken_whole(
    taking: Intake, inbox: Path, make_station: Callable[..., Station], tmp_path: Path
) -> None:
    bad = [hs_row(TIME, kg).replace(str(kg), f"{kg}x") for kg in (30_000, 40_000)]
    taking.take(make_station(), [write_hs(inbox / "a.csv", bad)], remove=True)
    (copy,) = (tmp_path / "quarantine").rglob("file/a.csv")
    for number, kg in enumerate((30_000, 40_000)):
        write_hs(copy.with_name(f"a{number}.csv"), [hs_row(TIME, kg)])
    copy.unlink()
    assert taking.retry(make_station()).rows_new == 2
    assert open_reasons(taking.database) == []


def test_a_copy_that_was_deleted_comes_back(
    taking: Intake, inbox: Path, make_station: Callable[..., Station], tmp_path: Path
) -> None:
    taking.take(make_station(), [write_hs(inbox / "a.csv", ["x"])], remove=True)
    (copy,) = (tmp_path / "quarantine").rglob("file/a.csv")
    shutil.rmtree(copy.parent.parent)
    (tmp_path / "quarantine" / "test-1" / "stray").write_text("", encoding="utf-8")
    assert taking.retry(make_station()).quarantined == 1
    assert copy.exists()


def test_a_file_in_quarantine_that_is_dropped_again_is_read_again(
    taking: Intake, inbox: Path, make_station: Callable[..., Station]
) -> None:
    odd = write_hs(inbox / "a.csv", [hs_row(TIME, 30_000).replace("30000", "30000x")])
    content = odd.read_bytes()
    taking.take(make_station(), [odd], remove=True)
    odd.write_bytes(content)
    assert taking.take(make_station(), [odd], remove=True).quarantined == 1


def test_a_reader_that_fails_on_one_file_stops_no_other(
    taking: Intake, inbox: Path, make_station: Callable[..., Station], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = HsData.read

    def stumble(reader: HsData, path: Path) -> Iterator[Block]:
        blocks = list(whole(reader, path))
        if len(blocks[0].batch) == 2:
            raise ArithmeticError("never thought of")
        yield from blocks

    monkeypatch.setattr(HsData, "read", stumble)
    odd = write_hs(inbox / "a.csv", [hs_row(TIME, 30_000), hs_row(TIME, 40_000)])
    good = write_hs(inbox / "b.csv", [hs_row(TIME, 20_000)])
    report = taking.take(make_station(), [odd, good], remove=True)
    assert (report.rows_new, report.quarantined) == (1, 1)
    assert open_reasons(taking.database) == [("a.csv", 0, "", "unreadable")]
    assert "ArithmeticError: never thought of" in report.messages[0]


def test_too_many_bad_rows_refuse_the_file(
    taking: Intake, inbox: Path, make_station: Callable[..., Station], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "PROBLEMS_MAX", 5)
    path = write_hs(inbox / "a.csv", [hs_row(TIME, 30_000), *["x"] * 6])
    report = taking.take(make_station(), [path], remove=True)
    assert report.quarantined == 1
    assert open_reasons(taking.database) == [("a.csv", 0, "", "too_many_problems")]
    assert count(taking.database, Passage) == 0
