"""The log's head beside the database: the old one or the new one, whatever happens."""

import os
from pathlib import Path

import pytest

from models import head_file
from models.hash_chain import Head


def test_a_head_is_on_disk_before_it_takes_the_place_of_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, first = tmp_path / "audit.head", Head(number=1, hash="a")
    assert head_file.noted(path) is None
    head_file.note(path, first)

    def cut(handle: int) -> None:
        raise OSError(handle, "the power is gone")

    monkeypatch.setattr(os, "fsync", cut)
    with pytest.raises(OSError, match="power"):
        head_file.note(path, Head(number=2, hash="b"))
    assert head_file.noted(path) == first
