"""Plate readings: what one frame says about one number plate (GA 36)."""

from dataclasses import dataclass

from models.values.labelled import Labelled


class PlateColour(Labelled):
    """Background colour of a plate (GA 36); the value is the word in database, export and log."""

    BLUE = "blue", "蓝"
    YELLOW = "yellow", "黄"
    YELLOW_GREEN = "yellow_green", "黄绿"
    GREEN = "green", "绿"
    WHITE = "white", "白"
    BLACK = "black", "黑"
    UNKNOWN = "unknown", "不明"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateReading:
    """One plate read in one frame.

    `box` is x1, y1, x2, y2 in pixels of the frame; `corners` are the plate's four corners, clockwise
    from the top left; `confidence` and each of `characters` are probabilities in 0..1; `reader` names
    the reader and the versions of its weights.
    """

    text: str
    confidence: float
    colour: PlateColour
    rows: int
    box: tuple[int, int, int, int]
    corners: tuple[tuple[float, float], ...]
    characters: tuple[float, ...]
    reader: str
