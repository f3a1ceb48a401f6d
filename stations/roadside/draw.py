"""The frame a roadside camera takes of one end of a passing vehicle."""

from dataclasses import dataclass
from io import BytesIO

import cv2
import numpy as np
from PIL import Image

from stations.roadside import front, rear
from stations.roadside.canvas import Canvas, View
from stations.roadside.mounting import Corners, hang_cloth, mount, smear
from stations.roadside.plate import Picture, draw_plate
from stations.roadside.scene import CAPTION, HEIGHT, WIDTH, empty_road, expose, put_caption
from stations.roadside.shot import Shot, Side
from stations.roadside.sights import Weather, obscure, through
from stations.roadside.vehicle import Layout, PlateCondition

_JPEG_QUALITY = 84
_EXIF_IMAGE_DESCRIPTION = 0x010E
_EXIF_TAKEN_AT = 0x9003
# The rear camera sees plates larger: the upper of their two rows is only 60 mm high.
_PX_PER_M = {Side.FRONT: (255, 330), Side.REAR: (300, 370)}
_GAIN = (0.75, 1.05)
_GAIN_IN_THE_DARK = (0.05, 0.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnFrame:
    """A finished frame (720, 1280, 3) BGR, and where its plate is mounted."""

    pixels: Picture
    plate_corners: Corners


def draw_frame(shot: Shot, rng: np.random.Generator, weather: Weather | None = None) -> DrawnFrame:
    """Draw the vehicle's end on the road at night, with the plate in the passage's condition."""
    condition = shot.vehicle.plate_condition
    canvas = Canvas(empty_road(shot.vehicle.lane), _view(shot.side, rng))
    plate_y_m = _draw_vehicle(canvas, shot, rng)
    plate = draw_plate(shot.plate.text, shot.plate.colour, shot.plate.rows)
    if condition is PlateCondition.DIRTY:
        plate = smear(plate, rng)
    corners = mount(canvas, plate, plate_y_m)
    if condition is PlateCondition.COVERED:
        hang_cloth(canvas, plate, plate_y_m, rng)
    gain = float(rng.uniform(*(_GAIN_IN_THE_DARK if condition is PlateCondition.DARK else _GAIN)))
    seen = obscure(canvas.frame, corners, shot, rng)
    pixels = expose(seen, gain=gain, blur_px=float(rng.uniform(0.6, 1.1)), rng=rng)
    pixels = through(weather, pixels, corners, shot, rng)
    put_caption(pixels)
    return DrawnFrame(pixels=pixels, plate_corners=corners)


def _view(side: Side, rng: np.random.Generator) -> View:
    return View(
        centre_px=float(rng.uniform(0.44, 0.56)) * WIDTH,
        ground_px=float(rng.uniform(0.93, 0.98)) * HEIGHT,
        px_per_m=float(rng.uniform(*_PX_PER_M[side])),
        yaw=float(rng.uniform(-0.035, 0.035)),
        pitch=float(rng.uniform(-0.03, 0.0)),
        roll=float(rng.uniform(-0.025, 0.025)),
    )


def _draw_vehicle(canvas: Canvas, shot: Shot, rng: np.random.Generator) -> float:
    """Draw the end that the shot shows; return how high its plate is mounted, in metres."""
    light = shot.vehicle.layout is Layout.LIGHT
    match shot.side:
        case Side.FRONT:
            (front.draw_light_front if light else front.draw_truck_front)(canvas, rng)
            return front.LIGHT_PLATE_Y_M if light else front.TRUCK_PLATE_Y_M
        case Side.REAR:
            (rear.draw_light_rear if light else rear.draw_truck_rear)(canvas, rng)
            return rear.LIGHT_PLATE_Y_M if light else rear.TRUCK_PLATE_Y_M


def encode_jpeg(frame: DrawnFrame, shot: Shot) -> bytes:
    """Return the JPEG file, marked as simulated in its comment and its EXIF too."""
    exif = Image.Exif()
    exif[_EXIF_IMAGE_DESCRIPTION] = "SIMULATED"
    exif[_EXIF_TAKEN_AT] = f"{shot.taken_at:%Y:%m:%d %H:%M:%S}"
    file = BytesIO()
    image = Image.fromarray(cv2.cvtColor(frame.pixels, cv2.COLOR_BGR2RGB))
    image.save(file, "JPEG", quality=_JPEG_QUALITY, comment=CAPTION.encode(), exif=exif)
    return file.getvalue()
