"""Other readers of plates, each behind one function from frame to (text, confidence); absent ones say why.

HyperLPR and AgentCLPR are looked for in a folder of their own, which must not shadow our packages:

    pip install --no-deps --target build/peers hyperlpr2==2.0.0 agentocr==2.0.0 wget six
"""

import importlib
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from pipeline.plates import weights
from pipeline.plates.grammar import pattern_of

Frame = NDArray[np.uint8]
Read = Callable[[Frame], list[tuple[str, float]]]
DETECTOR_V4 = weights.Weights(
    name="PP-OCRv4_mobile_det",
    package="rapidocr_onnxruntime",
    file="models/ch_PP-OCRv4_det_infer.onnx",
    config=weights.DETECTOR.config,
)
RECOGNISER_V6 = weights.Weights(
    name="PP-OCRv6_small_rec", package="rapidocr", file="models/PP-OCRv6_rec_small.onnx", config={}
)


def peers(folder: Path, cache_dir: Path) -> Iterator[tuple[str, Read | str]]:
    """Yield each peer's name with its function, or with the reason why it can't be run."""
    if folder.is_dir():
        sys.path.append(str(folder))
    makers: dict[str, Callable[[], Read]] = {
        "PaddleOCR, v4 mobile": lambda: _paddle(DETECTOR_V4, _configured(weights.RECOGNISER, 256), cache_dir),
        "PaddleOCR, v6 small": lambda: _paddle(weights.DETECTOR, _configured(RECOGNISER_V6, 320), cache_dir),
        "HyperLPR (hyperlpr2)": _hyperlpr,
        "AgentCLPR": _agentclpr,
    }
    for name, make in makers.items():
        try:
            yield name, make()
        except ImportError as error:
            yield name, str(error)


def _configured(recogniser: weights.Weights, width_px: int) -> weights.Weights:
    """Return a recogniser with the settings that PaddleX wants, its alphabet among them."""
    source = str(weights.locate(recogniser))
    model = onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"])
    alphabet = model.get_modelmeta().custom_metadata_map["character"].splitlines()
    steps = [
        {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
        {"RecResizeImg": {"image_shape": [3, 48, width_px]}},
        {"KeepKeys": {"keep_keys": ["image"]}},
    ]
    config = {
        "PreProcess": {"transform_ops": steps},
        "PostProcess": {"name": "CTCLabelDecode", "character_dict": alphabet},
    }
    return replace(recogniser, config=config)


def _paddle(detector: weights.Weights, recogniser: weights.Weights, cache_dir: Path) -> Read:
    """Return PaddleOCR's ordinary pipeline, detection and recognition with their default settings."""
    os.environ.setdefault("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")
    from paddleocr import PaddleOCR  # noqa: PLC0415  heavy

    pipeline = PaddleOCR(
        text_detection_model_name=detector.name,
        text_detection_model_dir=str(weights.model_dir(detector, cache_dir)),
        text_recognition_model_name=recogniser.name,
        text_recognition_model_dir=str(weights.model_dir(recogniser, cache_dir)),
        use_doc_orientation_classify=False,
        use_doc_unwarping=False,
        use_textline_orientation=False,
        engine="onnxruntime",
        engine_config={"intra_op_num_threads": 1, "inter_op_num_threads": 1},
        device="cpu",
    )

    def read(frame: Frame) -> list[tuple[str, float]]:
        [result] = pipeline.predict(frame)
        texts = ("".join(c for c in text if c not in "·.• -") for text in result["rec_texts"])
        pairs = zip(texts, map(float, result["rec_scores"]), strict=True)
        # It reads every text there is: what can't be a plate is not held against it.
        return [(text, score) for text, score in pairs if pattern_of(text)]

    return read


def _hyperlpr() -> Read:
    recognise = importlib.import_module("hyperlpr2").HyperLPR_plate_recognition

    def read(frame: Frame) -> list[tuple[str, float]]:
        return [(str(text), float(score)) for text, score, _ in recognise(frame)]

    return read


def _agentclpr() -> Read:
    system: Any = importlib.import_module("agentclpr").CLPSystem(providers="cpu")
    logging.disable(logging.INFO)

    def read(frame: Frame) -> list[tuple[str, float]]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return [(text, float(score)) for _, (text, score) in system(frame)]
            except Exception:  # noqa: BLE001 (it fails on plates near the edge of a frame)
                return []

    return read
