"""One picture of a lane: statistics over the days with thresholds, the standing as a coloured band."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageDraw

from models.fonts import chinese_font
from models.values.states import Standing
from pipeline.gate.values import Kind, Statistic
from pipeline.gate.watch import Night

WIDTH, LEFT, RIGHT, TOP, PANEL, BETWEEN, BOTTOM = 1240, 250, 130, 118, 84, 22, 50
INK, PALE, LINE = "#1b1f24", "#69737d", "#d7dce1"
WATCH, BAR = "#b07800", "#b3261e"
BAND = {Standing.TRUSTED: "#2e7d4f", Standing.WATCHED: "#e2a100", Standing.BARRED: "#b3261e"}
Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """Where one panel lies, and what its edges mean."""

    top: float
    low: float
    high: float

    def y(self, value: float) -> float:
        inside = min(max(value, self.low), self.high)
        return self.top + PANEL * (self.high - inside) / (self.high - self.low)


def lane_chart(title: str, history: Sequence[Night]) -> bytes:
    """Return a PNG of one lane: its nights in order, at least one."""
    kinds = [kind for kind in Kind if any(night.window.of(kind) for night in history)]
    height = TOP + len(kinds) * (PANEL + BETWEEN) + BOTTOM
    image = Image.new("RGB", (WIDTH, height), "white")
    draw = ImageDraw.Draw(image)
    draw.text((24, 14), title, fill=INK, font=chinese_font(22))
    _band(draw, history)
    for number, kind in enumerate(kinds):
        _panel(draw, kind, history, TOP + number * (PANEL + BETWEEN))
    _days(draw, history, height - BOTTOM + 8)
    packed = BytesIO()
    image.save(packed, "PNG")
    return packed.getvalue()


def _x(number: float, count: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * number / count


def _band(draw: ImageDraw.ImageDraw, history: Sequence[Night]) -> None:
    """Draw what holds on each day: the person's word, if any; the thin band below is the measured."""
    last = history[-1]
    held = last.state.standing_on(last.measured.day)
    decided = last.state.decided_by
    text = f"{last.measured.day:%Y-%m-%d} {held.label}" + (f"：{decided.sentence}" if decided else "")
    if held is not last.state.standing and last.state.override:
        text = f"{last.measured.day:%Y-%m-%d} {held.label}（人工）：{last.state.override.reason}"
    draw.text(
        (24, 46), text, fill=BAND[held] if held is not Standing.WATCHED else WATCH, font=chinese_font(15)
    )
    draw.text((24, 78), "状态", fill=INK, font=chinese_font(15))
    for number, night in enumerate(history):
        left, right = _x(number, len(history)), _x(number + 1, len(history))
        draw.rectangle((left, 80, right, 96), fill=BAND[night.state.standing_on(night.measured.day)])
        draw.rectangle((left, 97, right, 101), fill=BAND[night.state.standing])
    for number, standing in enumerate(Standing):
        draw.rectangle((WIDTH - 290 + 90 * number, 24, WIDTH - 274 + 90 * number, 38), fill=BAND[standing])
        draw.text((WIDTH - 268 + 90 * number, 20), standing.label, fill=INK, font=chinese_font(15))


def _panel(draw: ImageDraw.ImageDraw, kind: Kind, history: Sequence[Night], top: float) -> None:
    found = [night.window.of(kind) for night in history]
    known = [one for one in found if one is not None]
    frame = _frame(known, top)
    draw.rectangle((LEFT, top, WIDTH - RIGHT, top + PANEL), outline=LINE)
    draw.text((24, top + 4), kind.label, fill=INK, font=chinese_font(16))
    last = known[-1]
    draw.text(
        (24, top + 30), f"{last.value:.1f}" if last.n else "–", fill=_colour(last), font=chinese_font(22)
    )
    draw.text((24, top + 60), f"{last.n:,} 条", fill=PALE, font=chinese_font(13))
    for edge in (frame.low, frame.high):
        draw.text((LEFT - 8, frame.y(edge)), f"{edge:g}", fill=PALE, font=chinese_font(12), anchor="rm")
    _thresholds(draw, last, frame)
    points: list[Point] = []
    for number, one in enumerate(found):
        if one is not None and one.n and one.watch_score is not None:
            points.append((_x(number + 0.5, len(history)), frame.y(one.value)))
            draw.circle(points[-1], 4, fill=_colour(one))
    if len(points) > 1:
        draw.line(points, fill=PALE, width=1)


def _thresholds(draw: ImageDraw.ImageDraw, last: Statistic, frame: _Frame) -> None:
    """Draw the lines of the last window, on both sides of what it is held against."""
    ground, lines = last.ground, [(last.watch, WATCH, "关注线"), (last.bar, BAR, "停用线")]
    for distance, colour, name in lines:
        if distance is None:
            continue
        for at in (ground + distance, ground - distance) if _two_sided(last.kind) else (ground + distance,):
            y = frame.y(at)
            draw.line(((LEFT, y), (WIDTH - RIGHT, y)), fill=colour, width=1)
        # One label for both sides: two would lie on each other where the scale is wide.
        y = frame.y(ground + distance)
        draw.text(
            (WIDTH - RIGHT + 6, y),
            f"{name} {ground + distance:g}",
            fill=colour,
            font=chinese_font(12),
            anchor="lm",
        )


def _frame(known: Sequence[Statistic], top: float) -> _Frame:
    """Choose round edges that hold values and lines."""
    last = known[-1]
    # A day far outside is drawn at the edge, so that it does not press the others flat.
    reach = 4 * (last.bar or last.watch or 0)
    seen = [one.value for one in known if one.watch_score is not None]
    marks = [min(max(value, last.ground - reach), last.ground + reach) for value in seen]
    for distance in (last.watch, last.bar):
        if distance is not None:
            marks += [last.ground + distance] + ([last.ground - distance] if _two_sided(last.kind) else [])
    marks += [] if _two_sided(last.kind) else [0.0]
    low, high = min(marks), max(marks)
    room = 0.08 * ((high - low) or 1.0)
    return _Frame(
        top=top, low=round(low - room, 1) if _two_sided(last.kind) else 0.0, high=round(high + room, 1)
    )


def _two_sided(kind: Kind) -> bool:
    return kind in {Kind.SYMMETRY, Kind.GROSS_MASS, Kind.FIRST_AXLE, Kind.TANDEM_SPACING, Kind.CLOCK_DRIFT}


def _colour(statistic: Statistic) -> str:
    if (statistic.bar_score or 0) >= 1:
        return BAR
    return WATCH if (statistic.watch_score or 0) >= 1 else INK


def _days(draw: ImageDraw.ImageDraw, history: Sequence[Night], top: float) -> None:
    every = max(1, len(history) // 16)
    for number, night in enumerate(history):
        if number % every == 0:
            place = (_x(number + 0.5, len(history)), top)
            draw.text(place, f"{night.measured.day:%m-%d}", fill=PALE, font=chinese_font(12), anchor="ma")
