"""Rears of vehicles: box doors, the gate of a tipper, the hatch of a van."""

import numpy as np

from stations.roadside.canvas import Canvas
from stations.roadside.plate import Bgr, shade

TRUCK_PLATE_Y_M = 0.84
LIGHT_PLATE_Y_M = 0.66

_BOXES: tuple[Bgr, ...] = ((170, 172, 170), (128, 80, 40), (50, 48, 138), (96, 98, 98), (70, 110, 72))
_BLACK: Bgr = (14, 14, 14)
_CHASSIS: Bgr = (30, 30, 31)
_RUBBER: Bgr = (40, 40, 41)
_RED: Bgr = (45, 45, 215)
_WHITE: Bgr = (215, 215, 215)
_HALO: Bgr = (20, 20, 120)


def draw_truck_rear(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw the rear of a truck or trailer, 2.5 m wide."""
    paint = _BOXES[int(rng.integers(len(_BOXES)))]
    _undercarriage(canvas)
    if rng.integers(2):
        _doors(canvas, paint)
    else:
        _gate(canvas, paint, rng)
    for left in np.arange(-1.2, 1.2, 0.4).tolist():
        canvas.box(left, 1.2, left + 0.2, 1.25, _RED)
        canvas.box(left + 0.2, 1.2, left + 0.4, 1.25, _WHITE)
    _lamps(canvas)


def _undercarriage(canvas: Canvas) -> None:
    """Draw tyres, chassis and the bar that keeps cars from running under."""
    canvas.fill(((-1.36, -0.02), (1.36, -0.02), (1.25, 0.4), (-1.25, 0.4)), _BLACK)
    canvas.box(-1.1, 0.45, 1.1, 1.2, _CHASSIS)
    for inner in (0.58, 0.9):
        canvas.pair(inner, 0.0, inner + 0.29, 0.98, _RUBBER)
        canvas.pair(inner + 0.04, 0.02, inner + 0.07, 0.95, (22, 22, 22))
        canvas.pair(inner + 0.19, 0.02, inner + 0.22, 0.95, (22, 22, 22))
    canvas.box(-1.18, 0.42, 1.18, 0.54, (96, 98, 98))
    for left in np.arange(-1.18, 1.1, 0.3).tolist():
        canvas.box(left, 0.42, left + 0.13, 0.54, (50, 50, 190))


def _doors(canvas: Canvas, paint: Bgr) -> None:
    """Draw the two doors of a box with their locking bars and hinges."""
    canvas.box(-1.25, 1.16, 1.25, 4.0, shade(paint, 0.7))
    canvas.pair(0.02, 1.3, 1.16, 3.9, paint)
    for x in (0.3, 0.62):
        canvas.pair(x, 1.22, x + 0.035, 3.95, shade(paint, 0.45))
        canvas.pair(x - 0.12, 1.78, x + 0.15, 1.83, shade(paint, 0.4))
    for y in (1.45, 2.15, 2.85):
        canvas.pair(1.04, y, 1.24, y + 0.07, shade(paint, 0.5))
    canvas.box(-0.01, 1.3, 0.01, 3.9, _BLACK)


def _gate(canvas: Canvas, paint: Bgr, rng: np.random.Generator) -> None:
    """Draw a tipper's ribbed gate, with the heap above it."""
    top = float(rng.uniform(2.05, 2.4))
    x = np.linspace(-1.2, 1.2, 13)
    heap = np.stack((x, top + 0.28 * (1 - x**2 / 1.5) + rng.uniform(-0.03, 0.03, x.size)), axis=1)
    canvas.fill([(-1.2, top - 0.1), *heap.tolist(), (1.2, top - 0.1)], (54, 66, 78))
    canvas.box(-1.25, 1.16, 1.25, top, paint)
    for x in np.linspace(-1.2, 1.13, 6).tolist():
        canvas.box(x, 1.18, x + 0.08, top, shade(paint, 0.65))
    for y in (1.28, top - 0.1):
        canvas.box(-1.25, y, 1.25, y + 0.09, shade(paint, 0.8))


def _lamps(canvas: Canvas) -> None:
    canvas.pair(0.68, 0.78, 1.2, 0.98, _BLACK)
    canvas.pair(0.7, 0.8, 0.86, 0.96, (90, 100, 190))
    canvas.pair(0.88, 0.8, 1.18, 0.96, _RED)
    for x in (-1.03, 1.03):
        canvas.glow(x, 0.88, 0.4, _HALO)


def draw_light_rear(canvas: Canvas, rng: np.random.Generator) -> None:
    """Draw the rear of a van, 1.75 m wide."""
    paint = _BOXES[int(rng.integers(len(_BOXES)))]
    canvas.fill(((-0.97, -0.02), (0.97, -0.02), (0.88, 0.35), (-0.88, 0.35)), _BLACK)
    canvas.pair(0.6, 0.0, 0.82, 0.42, _RUBBER)
    canvas.fill(((-0.87, 0.26), (0.87, 0.26), (0.87, 1.1), (0.74, 1.9), (-0.74, 1.9), (-0.87, 1.1)), paint)
    canvas.fill(((-0.74, 1.12), (0.74, 1.12), (0.66, 1.72), (-0.66, 1.72)), (36, 32, 30))
    canvas.box(-0.87, 0.28, 0.87, 0.48, shade(paint, 0.6))
    canvas.box(-0.5, 0.54, 0.5, 0.8, shade(paint, 0.75))
    canvas.box(-0.3, 0.86, 0.3, 0.9, shade(paint, 0.4))
    canvas.pair(0.7, 0.78, 0.86, 1.1, _RED)
    for x in (-0.78, 0.78):
        canvas.glow(x, 0.95, 0.32, _HALO)
