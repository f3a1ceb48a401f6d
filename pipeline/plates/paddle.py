"""PaddleOCR on onnxruntime: text boxes of a frame, and the recogniser's probabilities for a crop."""

import logging
import math
import os
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.plates import weights
from pipeline.plates.second import session

# Crops are padded to this width at least. Trained at 320, the network reads plates at 256 as well or better
# and a fifth faster (EasyPR crops: 151 of 160 right at 320, 154 at 256, 151 at 192).
_LINE_HEIGHT_PX, _LINE_WIDTH_PX, _MOST_WIDE_PX = 48, 256, 3200


class PaddleEngine:
    """Text detection of `paddleocr`, and PaddleOCR's recogniser, whose every step the grammar needs.

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
        self.name = f"paddleocr {paddleocr.__version__} {detector.name}+{recogniser.name}"
        self._detector = paddleocr.TextDetection(
            model_name=detector.name,
            model_dir=str(weights.model_dir(detector, cache_dir)),
            limit_side_len=longest_side_px,
            limit_type="max",
            thresh=0.2,
            box_thresh=0.3,
            unclip_ratio=1.6,
            engine="onnxruntime",
            engine_config={
                "intra_op_num_threads": threads,
                "inter_op_num_threads": 1,
                "enable_cpu_mem_arena": False,
            },
            device="cpu",
        )
        self._recogniser = session(weights.locate(recogniser), threads)
        metadata = self._recogniser.get_modelmeta().custom_metadata_map
        self.alphabet: tuple[str, ...] = ("blank", *metadata["character"].splitlines(), " ")

    def detect(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return text boxes as N x 4 x 2 corners in pixels of `image` (BGR), clockwise from the top left."""
        [result] = self._detector.predict(image)
        return np.asarray(result["dt_polys"], dtype=np.float32).reshape(-1, 4, 2)

    def recognise(self, crops: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Return for each crop (BGR, one text line) a T x C array of class probabilities."""
        outputs = []
        for crop in crops:
            proportion = crop.shape[1] / crop.shape[0]
            padded = min(max(int(_LINE_HEIGHT_PX * proportion), _LINE_WIDTH_PX), _MOST_WIDE_PX)
            wide = min(math.ceil(_LINE_HEIGHT_PX * proportion), padded)
            line = np.zeros((1, 3, _LINE_HEIGHT_PX, padded), dtype=np.float32)
            resized = cv2.resize(crop, (wide, _LINE_HEIGHT_PX)).astype(np.float32)
            line[0, :, :, :wide] = ((resized / 255 - 0.5) / 0.5).transpose(2, 0, 1)
            [output] = self._recogniser.run(None, {"x": line})
            outputs.append(output[0])
        return outputs
