"""PaddleOCR on onnxruntime: text boxes of a frame, and the recogniser's probabilities for a crop."""

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.plates import weights


class PaddleEngine:
    """Text detection and recognition of `paddleocr` with the weights of `pipeline.plates.weights`.

    `name` names the package and the weights; `alphabet` is the recogniser's, class 0 being the CTC blank.
    Not for use by two threads at once.
    """

    def __init__(self, cache_dir: Path, *, threads: int, longest_side_px: int = 960) -> None:
        """Load both models on the CPU; frames are shrunk to `longest_side_px` before detection."""
        # PaddleX reads these when first imported: no network look-up, nothing written under the home.
        os.environ.setdefault("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")
        os.environ.setdefault("PADDLE_PDX_CACHE_HOME", str(cache_dir / "paddlex"))
        import paddleocr  # noqa: PLC0415  1.5 s to import

        logging.getLogger("paddlex").setLevel(logging.ERROR)
        detector, recogniser = weights.DETECTOR, weights.RECOGNISER
        common = {"engine": "onnxruntime", "engine_config": _session(threads), "device": "cpu"}
        self.name = f"paddleocr {paddleocr.__version__} {detector.name}+{recogniser.name}"
        self._detector = paddleocr.TextDetection(
            model_name=detector.name,
            model_dir=str(weights.model_dir(detector, cache_dir)),
            limit_side_len=longest_side_px,
            limit_type="max",
            thresh=0.2,
            box_thresh=0.3,
            unclip_ratio=1.6,
            **common,
        )
        self._recogniser = paddleocr.TextRecognition(
            model_name=recogniser.name,
            model_dir=str(weights.model_dir(recogniser, cache_dir)),
            **common,
        )
        predictor = self._recogniser.paddlex_predictor
        self.alphabet: tuple[str, ...] = tuple(predictor.post_op.character)
        # `predict` returns the greedy text only; the grammar needs what the network said.
        self._outputs = _Recorder(predictor.runner)
        predictor.runner = self._outputs

    def detect(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return text boxes as N x 4 x 2 corners in pixels of `image` (BGR), clockwise from the top left."""
        [result] = self._detector.predict(image)
        return np.asarray(result["dt_polys"], dtype=np.float32).reshape(-1, 4, 2)

    def recognise(self, crops: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Return for each crop (BGR, one text line) a T x C array of class probabilities."""
        outputs = []
        for crop in crops:
            self._recogniser.predict(crop)
            outputs.append(self._outputs.last[0])
        return outputs


class _Recorder:
    """Stands where a PaddleX predictor keeps its network, and keeps the network's last output."""

    def __init__(self, runner: Callable[..., list[NDArray[np.float32]]]) -> None:
        self._runner = runner
        self.last: NDArray[np.float32] = np.empty((0, 0, 0), dtype=np.float32)

    def __call__(self, x: list[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        """Run the network on a batch (N x 3 x H x W); the output's only array is N x T x C."""
        outputs = self._runner(x=x)
        [self.last] = outputs
        return outputs


def _session(threads: int) -> dict[str, Any]:
    """Return onnxruntime settings: `threads` threads, no arena that keeps the largest frame's memory."""
    return {"intra_op_num_threads": threads, "inter_op_num_threads": 1, "enable_cpu_mem_arena": False}
