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


# A character less probable than this is shown as in doubt.
DOUBTED_BELOW = 0.9
DOUBT_MARK = "?"
# A plate with a reason to doubt it is told no surer than this, however clearly it was seen.
MOST_DOUBTED = 0.94


@dataclass(frozen=True, slots=True, kw_only=True)
class AlternativePlate:
    """Another plate that a reading may be, and how probable it is beside all the others."""

    text: str
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateReading:
    """One plate read in one frame.

    `box` is x1, y1, x2, y2 in pixels of the frame; `corners` are the plate's four corners, clockwise
    from the top left; `confidence` is the calibrated probability that `text` is right as a whole, and each
    of `characters` that of one character; `alternatives` are the next likeliest plates; `reader` names the
    reader and the versions of its weights; `source` what was seen and by which recognisers.
    """

    text: str
    confidence: float
    colour: PlateColour
    rows: int
    box: tuple[int, int, int, int]
    corners: tuple[tuple[float, float], ...]
    characters: tuple[float, ...]
    reader: str
    alternatives: tuple[AlternativePlate, ...] = ()
    source: str = ""

    @property
    def doubtful(self) -> str:
        """Return the text with a `?` for each character in doubt."""
        pairs = zip(self.text, self.characters, strict=True)
        return "".join(one if probability >= DOUBTED_BELOW else DOUBT_MARK for one, probability in pairs)
