"""Model directories: where the weights are looked for, and how they are built."""

import dataclasses
import importlib.util
import json
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from pipeline.plates import weights

needs_carriers = pytest.mark.skipif(
    any(importlib.util.find_spec(w.package) is None for w in (weights.DETECTOR, weights.RECOGNISER)),
    reason="rapidocr and rapidocr-onnxruntime, which carry the weights, are not installed",
)


def test_a_missing_package_or_file_is_named() -> None:
    lost = dataclasses.replace(weights.DETECTOR, package="no_such_package")
    with pytest.raises(FileNotFoundError, match=r"'no_such_package'.*not installed"):
        weights.locate(lost)
    lost = dataclasses.replace(weights.DETECTOR, package="json", file="models/none.onnx")
    with pytest.raises(FileNotFoundError, match=r"'json' has no file 'models/none\.onnx'"):
        weights.locate(lost)


@needs_carriers
def test_the_directory_holds_the_model_and_its_settings(tmp_path: Path) -> None:
    folder = weights.model_dir(weights.DETECTOR, tmp_path / "deep" / "cache")
    assert (folder / "inference.onnx").read_bytes() == weights.locate(weights.DETECTOR).read_bytes()
    config = json.loads((folder / "inference.yml").read_text(encoding="utf-8"))
    assert config == {"Global": {"model_name": "PP-OCRv6_small_det"}, **weights.DETECTOR.config}


@needs_carriers
def test_other_settings_are_another_directory(tmp_path: Path) -> None:
    first = weights.model_dir(weights.DETECTOR, tmp_path)
    changed = dataclasses.replace(weights.DETECTOR, config={**weights.DETECTOR.config, "Other": 1})
    assert weights.model_dir(weights.DETECTOR, tmp_path) == first
    assert weights.model_dir(changed, tmp_path) != first


@needs_carriers
def test_many_processes_may_start_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        4, mp_context=context, initializer=sys.path.extend, initargs=(sys.path,)
    ) as pool:
        folders = list(pool.map(weights.model_dir, [weights.DETECTOR] * 8, [tmp_path] * 8))
    assert len(set(folders)) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == [folders[0].name]
    assert sorted(path.name for path in folders[0].iterdir()) == ["inference.onnx", "inference.yml"]


@needs_carriers
def test_the_loser_of_a_race_takes_the_winners_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rival(_weights: weights.Weights) -> str:
        monkeypatch.undo()
        weights.model_dir(weights.DETECTOR, tmp_path)
        return "half written"

    monkeypatch.setattr(weights, "_config_text", rival)
    folder = weights.model_dir(weights.DETECTOR, tmp_path)
    assert "half written" not in (folder / "inference.yml").read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == [folder]
