"""The third opinion: HyperLPR's recogniser (hyperlpr 0.0.2, MIT), run by OpenCV without that package's code.

It is the weakest of the three on the whole, and was taught by other plates: where the two others see 皖 in a
blur, it doesn't.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.plates import weights

# The classes as HyperLPR numbers them; the blank comes after them.
_CHARACTERS = (
    "京沪津渝冀晋蒙辽吉黑苏浙皖闽赣鲁豫鄂湘粤桂琼川贵云藏陕甘青宁新"
    "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ港学使警澳挂军北南广沈兰成济海民航空"
)
# It was never taught consulates' plates: it can't speak for them.
_UNTAUGHT, _NEARLY_NOTHING = "领", 1e-9
_WIDTH_PX, _HEIGHT_PX = 160, 40
# Its first steps see the edge of the picture.
_SKIPPED_STEPS = 2


class ThirdOpinion:
    """Reads crops of one line. Not for use by two threads at once."""

    alphabet: tuple[str, ...] = ("blank", *_CHARACTERS, _UNTAUGHT)

    def __init__(self) -> None:
        """Load the model from the installed package; its threads are OpenCV's."""
        self.name = weights.THIRD.name
        paths = (weights.locate(weights.THIRD_LAYERS), weights.locate(weights.THIRD))
        self._net = cv2.dnn.readNetFromCaffe(*map(str, paths))

    def recognise(self, crops: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """Return for each crop (BGR, one text line) a T x C array of class probabilities."""
        outputs = []
        for crop in crops:
            turned = cv2.resize(crop, (_WIDTH_PX, _HEIGHT_PX)).transpose(1, 0, 2)
            self._net.setInput(cv2.dnn.blobFromImage(turned, 1 / 255))
            output = self._net.forward()[0][:, _SKIPPED_STEPS:].reshape(len(_CHARACTERS) + 1, -1).T
            untaught = np.full((len(output), 1), _NEARLY_NOTHING, dtype=np.float32)
            outputs.append(np.hstack([output[:, -1:], output[:, :-1], untaught]))
        return outputs
