"""When a picture file itself says that it was taken (EXIF 2.32, CIPA DC-008: 0x9003, 0x9011, 0x9291)."""

import logging
import warnings
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from PIL import Image

from models.values.timeline import to_ms
from stations.images import FORMATS

_EXIF, _TAKEN, _OFFSET, _FRACTION = 0x8769, 0x9003, 0x9011, 0x9291
LOGGER = logging.getLogger(__name__)


def taken_at_ms(path: Path, zone: ZoneInfo) -> int | None:
    """Return when a picture was taken by its camera's clock, in milliseconds UTC, `zone` where it names none.

    None where that isn't told to a fraction of a second, for whole seconds can't tell two moments of a camera
    apart, or can't be read, which is logged.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=FORMATS) as image:
                told = image.getexif().get_ifd(_EXIF)
        if _TAKEN not in told or _FRACTION not in told:
            return None
        text = f"{told[_TAKEN]}.{str(told[_FRACTION]).strip()[:6]}"
        offset = str(told.get(_OFFSET, "")).strip()
        told_zone = datetime.strptime(offset, "%z").tzinfo if offset else zone
        return to_ms(datetime.strptime(text, "%Y:%m:%d %H:%M:%S.%f").replace(tzinfo=told_zone))
    except Exception as error:  # noqa: BLE001 (decoders fail in many ways on hostile headers)
        LOGGER.warning("frame.exif_ignored", extra={"file": path.name, "error": str(error)[:80]})
        return None
