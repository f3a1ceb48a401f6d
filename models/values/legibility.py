"""Legibility: what can be seen of a plate in one frame, apart from what it reads, and what hides it."""

from dataclasses import dataclass

from models.values.labelled import Labelled


class Legibility(Labelled):
    """What can be seen of a plate; the value is the word in database, export and log.

    COVERED: an object lies over characters, or the plate is turned away. DAMAGED: bent or broken. MISSING:
    where this camera shows plates nothing of one is to be seen. CAMERA: the picture's fault, nobody's else.
    """

    CLEAR = "clear", "清晰"
    DOUBTFUL = "doubtful", "存疑"
    COVERED = "covered", "遮挡"
    DIRTY = "dirty", "污损"
    DAMAGED = "damaged", "变形损坏"
    MISSING = "missing", "未见号牌"
    CAMERA = "camera", "拍摄原因"


class CameraCause(Labelled):
    """Why a picture does not show a plate well."""

    BLUR = "blur", "画面模糊"
    GLARE = "glare", "强光过曝"
    DARK = "dark", "光线不足"
    OUT_OF_FRAME = "out_of_frame", "号牌超出画面"
    COMPRESSION = "compression", "压缩失真或像素不足"
    UNCLEAR = "unclear", "成像不清"


# In the name of a judge who looked a second time: its word stands over every first look, before or after it.
AGAIN_WORD = ", usual place"
# What a judge's name ends with where a frame was looked at for comparison alone.
BESIDE_WORD = ", beside"
# A character is hidden where less than this of it is thought visible.
HIDDEN_BELOW = 0.5

Outline = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateLegibility:
    """What can be seen of one plate in one frame.

    `text` is what was read of it, "" where nothing was; `box` and `corners` are in pixels of the frame;
    `visible` is for each character how probable it is that it can be seen, in the order of the grammar;
    `mask` holds the outlines of the places that can't; `probability` is that of the verdict; `cause` is set
    for CAMERA; `judge` names the weights.
    """

    legibility: Legibility
    probability: float
    text: str
    rows: int
    box: tuple[int, int, int, int]
    corners: Outline
    visible: tuple[float, ...]
    mask: tuple[Outline, ...]
    cause: CameraCause | None = None
    judge: str = ""

    @property
    def hidden_places(self) -> tuple[int, ...]:
        """Return the characters that can't be seen, counted from 1."""
        return tuple(n for n, one in enumerate(self.visible, start=1) if one < HIDDEN_BELOW)

    @property
    def sentence(self) -> str:
        """Say it as it can stand in a case."""
        places = _places(self.hidden_places, len(self.visible))
        match self.legibility:
            case Legibility.CLEAR:
                return "号牌各字符清晰可见。"
            case Legibility.COVERED:
                return (
                    f"号牌{self._under}之上疑有物体遮盖，或号牌被翻转：由神经网络按画面像素判断，"
                    "所标部分是其看到遮盖物之处；该处未过曝、未过暗。"
                )
            case Legibility.DIRTY:
                return f"号牌{places}处笔画被泥污掩盖，边缘不规则；不能据此认定故意。"
            case Legibility.DAMAGED:
                return f"号牌字符排列与标准布局不符，疑有弯折或损坏（{places}）。"
            case Legibility.MISSING:
                return "画面不逊于同一相机的其他图片，其他车辆号牌所在处未见号牌：没有号牌，或整块被遮住。"
            case Legibility.CAMERA:
                cause = self.cause.label if self.cause else CameraCause.UNCLEAR.label
                return f"{cause}，属拍摄原因，与车辆无关。"
            case Legibility.DOUBTFUL if not self.rows:
                return "画面中未找到号牌，单张图片不能说明是否缺失，需人工查看。"
            case Legibility.DOUBTFUL:
                return f"号牌{places}能否看清存疑，需人工查看。"

    @property
    def _under(self) -> str:
        """Name what is covered; where nobody read the plate, by the layout that its outline has."""
        if not self.hidden_places:
            return "（未能确定是哪几位字符）"
        layout = "" if self.text else f"（按{'单双'[self.rows > 1]}层{len(self.visible)}位号牌计）"
        return _places(self.hidden_places, len(self.visible)) + layout


def _places(hidden: tuple[int, ...], count: int) -> str:
    """Name characters by their places; neighbours as a span."""
    if not hidden or len(hidden) == count:
        return "全部字符" if hidden else "部分字符"
    spans: list[list[int]] = []
    for place in hidden:
        if spans and place == spans[-1][1] + 1:
            spans[-1][1] = place
        else:
            spans.append([place, place])
    return "第" + "、".join(f"{a}" if a == b else f"{a}至{b}" for a, b in spans) + "位字符"
