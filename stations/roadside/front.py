"""Fronts of vehicles: the cab of a truck, the nose of a van."""

import numpy as np

from stations.roadside.canvas import Canvas
from stations.roadside.plate import Bgr, shade

TRUCK_PLATE_Y_M = 0.52
LIGHT_PLATE_Y_M = 0.50

_PAINTS: tuple[Bgr, ...] = (
    (48, 44, 160),
    (188, 190, 186),
    (140, 88, 44),
    (120, 118, 116),
    (84, 112, 60),
    (60, 96, 176),
    (92, 40, 48),
)
_GLASS: Bgr = (38, 34, 30)
_BLACK: Bgr = (14, 14, 14)
_RUBBER: Bgr = (44, 44, 45)
_CHROME: Bgr = (142, 144, 144)
_LAMP: Bgr = (250, 252, 252)
_HALO: Bgr = (215, 225, 230)
_AMBER: Bgr = (40, 140, 225)


def draw_truck_front(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw a cab-over truck, 2.5 m wide."""
    paint = _PAINTS[int(rng.integers(len(_PAINTS)))]
    _cargo(canvas, rng)
    canvas.fill(((-1.36, -0.02), (1.36, -0.02), (1.25, 0.4), (-1.25, 0.4)), _BLACK)
    canvas.pair(0.82, 0.0, 1.17, 0.6, _RUBBER)
    outline = ((-1.23, 0.62), (1.23, 0.62), (1.23, 1.75), (1.14, 2.85), (-1.14, 2.85), (-1.23, 1.75))
    canvas.fill(outline, paint)
    for side, light in ((-1, 0.6), (1, 0.75)):
        edge = ((1.23, 0.62), (1.14, 0.62), (1.09, 2.85), (1.14, 2.85), (1.23, 1.75))
        canvas.fill([(side * x, y) for x, y in edge], shade(paint, light))
    _windscreen(canvas, rng)
    _grille(canvas, paint, rng)
    _mirrors(canvas)
    _bumper(canvas, shade(paint, 0.85) if rng.integers(2) else (70, 72, 72))
    for x in (-0.97, 0.97):
        canvas.glow(x, 0.8, 0.42, _HALO)


def _cargo(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw what stands above and beside the cab: a box, or a heap under a tarpaulin."""
    if rng.integers(2):
        canvas.box(-1.27, 1.0, 1.27, 3.9, (62, 60, 56))
    else:
        heap = ((-1.25, 1.0), (1.25, 1.0), (1.25, 2.7), (0.5, 3.2), (-0.4, 3.15), (-1.25, 2.7))
        canvas.fill(heap, (40, 52, 42))


def _windscreen(canvas: Canvas, rng: np.random.Generator) -> None:
    canvas.fill(((-1.1, 1.66), (1.1, 1.66), (1.04, 2.46), (-1.04, 2.46)), _BLACK)
    canvas.fill(((-1.06, 1.7), (1.06, 1.7), (1.01, 2.42), (-1.01, 2.42)), _GLASS)
    shine = float(rng.uniform(-0.8, 0.3))
    canvas.fill(((shine, 1.7), (shine + 0.22, 1.7), (shine + 0.55, 2.42), (shine + 0.33, 2.42)), (58, 54, 48))
    canvas.box(-1.0, 1.7, 1.0, 1.77, (52, 52, 50))
    for x in (-0.75, 0.1):
        canvas.fill(((x, 1.64), (x + 0.03, 1.64), (x + 0.55, 2.0), (x + 0.52, 2.01)), _BLACK)
    canvas.fill(((-1.12, 2.46), (1.12, 2.46), (1.06, 2.6), (-1.06, 2.6)), (30, 30, 30))
    for x in np.linspace(-0.85, 0.85, 5).tolist():
        canvas.box(x - 0.05, 2.68, x + 0.05, 2.72, _AMBER)
        canvas.glow(x, 2.7, 0.13, (10, 60, 110))


def _grille(canvas: Canvas, paint: Bgr, rng: np.random.Generator) -> None:
    canvas.fill(((-0.8, 1.0), (0.8, 1.0), (0.95, 1.55), (-0.95, 1.55)), (26, 27, 28))
    slats = int(rng.integers(3, 7))
    metal = _CHROME if rng.integers(2) else shade(paint, 0.8)
    for y in np.linspace(1.06, 1.42, slats).tolist():
        canvas.box(-0.8, y, 0.8, y + 0.16 / slats, metal)
    canvas.disc(0, 1.47, 0.07, _CHROME)
    canvas.disc(0, 1.47, 0.045, shade(paint, 0.9))


def _mirrors(canvas: Canvas) -> None:
    canvas.pair(1.16, 2.3, 1.44, 2.33, _BLACK)
    canvas.pair(1.3, 1.75, 1.5, 2.35, _RUBBER)
    canvas.pair(1.33, 1.8, 1.47, 2.3, (46, 45, 44))


def _bumper(canvas: Canvas, colour: Bgr) -> None:
    """Draw bumper, lamps and steps; the plate is mounted on it."""
    canvas.fill(((-1.25, 0.34), (1.25, 0.34), (1.25, 0.98), (-1.25, 0.98)), colour)
    canvas.box(-1.25, 0.96, 1.25, 0.99, _BLACK)
    canvas.box(-0.62, 0.34, 0.62, 0.74, shade(colour, 0.6))
    canvas.pair(0.74, 0.66, 1.2, 0.93, _BLACK)
    for side in (-1, 1):
        canvas.disc(side * 0.86, 0.8, 0.095, _LAMP)
        canvas.disc(side * 1.06, 0.8, 0.095, _LAMP)
        canvas.box(side * 1.19 - 0.03, 0.68, side * 1.19 + 0.03, 0.92, _AMBER)
        canvas.disc(side * 0.95, 0.47, 0.07, (150, 160, 160))
    canvas.box(-1.2, 0.3, 1.2, 0.36, _BLACK)


def draw_light_front(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw a van, 1.75 m wide."""
    paint = _PAINTS[int(rng.integers(len(_PAINTS)))]
    canvas.fill(((-0.97, -0.02), (0.97, -0.02), (0.88, 0.35), (-0.88, 0.35)), _BLACK)
    canvas.pair(0.6, 0.0, 0.82, 0.4, _RUBBER)
    canvas.fill(((-0.87, 0.28), (0.87, 0.28), (0.87, 1.0), (0.68, 1.78), (-0.68, 1.78), (-0.87, 1.0)), paint)
    canvas.fill(((-0.79, 1.02), (0.79, 1.02), (0.64, 1.66), (-0.64, 1.66)), _GLASS)
    canvas.fill(((-0.4, 1.02), (-0.2, 1.02), (0.1, 1.66), (-0.1, 1.66)), (58, 54, 48))
    canvas.fill(((-0.8, 0.96), (0.8, 0.96), (0.79, 1.03), (-0.79, 1.03)), shade(paint, 0.55))
    canvas.box(-0.45, 0.66, 0.45, 0.8, _BLACK)
    canvas.box(-0.45, 0.72, 0.45, 0.75, _CHROME)
    canvas.box(-0.87, 0.28, 0.87, 0.34, _RUBBER)
    canvas.box(-0.5, 0.38, 0.5, 0.6, shade(paint, 0.6))
    canvas.pair(0.86, 1.02, 1.06, 1.2, _RUBBER)
    for side in (-1, 1):
        canvas.fill(((side * 0.52, 0.64), (side * 0.84, 0.7), (side * 0.84, 0.86), (side * 0.5, 0.78)), _LAMP)
        canvas.glow(side * 0.68, 0.75, 0.38, _HALO)
