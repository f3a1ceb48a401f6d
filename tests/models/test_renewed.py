"""What is made of files is made again once they change; what they can't be used for is told once."""

import logging
from pathlib import Path

import pytest

from models.renewed import Renewed


def test_what_can_not_be_used_is_told_once_with_the_files_and_the_one_before_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    number = tmp_path / "number"
    number.write_text("1", encoding="utf-8")
    gone = list[int]()
    kept = Renewed([number], lambda: int(number.read_text(encoding="utf-8")), gone.append)
    number.write_text("one", encoding="utf-8")
    for _ in range(3):
        latest, problem = kept.latest()
        assert (latest, "'one'" in problem) == (1, True)
    number.unlink()
    assert "No such file" in kept.latest()[1]
    number.write_text("20", encoding="utf-8")
    assert kept.latest() == (20, "")
    assert gone == [1]
    told = [(one.message, getattr(one, "problem", "")[:7]) for one in caplog.records]
    assert told == [("files.refused", "invalid"), ("files.refused", "[Errno "), ("files.renewed", "")]
    assert all(vars(one)["files"] == [str(number)] for one in caplog.records)


def test_new_files_are_asked_whether_they_fit_and_the_first_ones_are_not(tmp_path: Path) -> None:
    said = tmp_path / "said"
    said.write_text("late", encoding="utf-8")

    def read() -> str:
        return said.read_text(encoding="utf-8")

    kept = Renewed([said], read, unfit=lambda: "too late" if read() == "late" else "")
    assert kept.latest() == ("late", "")
    said.write_text("in time", encoding="utf-8")
    assert kept.latest() == ("in time", "")
    said.write_text("late", encoding="utf-8")
    assert kept.latest() == ("in time", "too late")


def test_what_lacks_something_is_made_again_until_it_lacks_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    broken = ["the list", "the list", ""]
    kept = Renewed([tmp_path], lambda: broken.pop(0), lacks=str)
    assert kept.latest() == ("the list", "the list")
    for _ in range(2):
        assert kept.latest() == ("", "")
    assert [one.message for one in caplog.records] == ["files.refused", "files.renewed"]
