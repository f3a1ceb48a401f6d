"""What can be seen of plates: the word, the sentence, and the mask laid over the frame."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageDraw, UnidentifiedImageError
from sqlalchemy import BindParameter, Connection, bindparam, select
from starlette.responses import Response

from models.legibility_tables import ObscuringRow, PlateLegibilityRow
from models.tables import Frame
from models.values.legibility import Legibility
from pipeline.deliberate import Obscuring
from pipeline.obscured_rows import as_told
from review.access import CASE_READERS, Page, Visit
from review.forms import whole
from review.pages.frames import original
from review.refusals import NotFoundError
from review.seen import may_be_seen

KEPT = {"Cache-Control": "private, max-age=86400, immutable"}
AROUND, HEIGHT, WIDEST = 0.6, 160, 640
MASK = (235, 60, 50, 120)
_THESE: BindParameter[Sequence[int]] = bindparam("passages", expanding=True)
SEEN = (
    select(
        PlateLegibilityRow.id,
        PlateLegibilityRow.legibility,
        PlateLegibilityRow.probability,
        PlateLegibilityRow.sentence,
        PlateLegibilityRow.rows,
        PlateLegibilityRow.judge,
        Frame.id.label("frame_id"),
        Frame.kind,
        Frame.sha256,
    )
    .join(Frame, Frame.id == PlateLegibilityRow.frame_id)
    .where(Frame.passage_id.in_(_THESE))
    .order_by(Frame.kind, Frame.id, PlateLegibilityRow.position, PlateLegibilityRow.id)
)
OBSCURING = (
    select(ObscuringRow.passage_id, ObscuringRow.probability, ObscuringRow.reasons, ObscuringRow.problem)
    .where(ObscuringRow.passage_id.in_(_THESE))
    .order_by(ObscuringRow.passage_id, ObscuringRow.number)
)
PICTURE = (
    select(PlateLegibilityRow.box, PlateLegibilityRow.mask, Frame.sha256, Frame.passage_id)
    .join(Frame, Frame.id == PlateLegibilityRow.frame_id)
    .where(PlateLegibilityRow.id == bindparam("id"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatesSeen:
    """What can be seen of plates where they aren't clear, and what was concluded."""

    frames: Sequence[Any]
    hidings: tuple[Obscuring, ...]


def plates_seen(connection: Connection, passages: Sequence[int]) -> PlatesSeen:
    """Return what the frames of passages show of their plates; of several conclusions the latest."""
    these = {"passages": passages}
    latest = {row.passage_id: row for row in connection.execute(OBSCURING, these)}
    seen = connection.execute(SEEN, these).all()
    # What a frame's latest look said stands in the place of all that was said of it before.
    stands = {row.frame_id: row.judge for row in sorted(seen, key=lambda row: row.id)}
    return PlatesSeen(
        frames=tuple(
            row
            for row in seen
            if row.judge == stands[row.frame_id] and row.legibility != Legibility.CLEAR.value
        ),
        hidings=tuple(map(as_told, latest.values())),
    )


def show(visit: Visit) -> Response:
    """Return a plate and what is around it, with the mask over what can't be seen, for looking only."""
    with visit.office.read() as connection:
        found = connection.execute(PICTURE, {"id": whole(visit.path("seen_id"))}).first()
        shown = found is not None and may_be_seen(connection, found.passage_id)
    if found is None or not shown:
        raise NotFoundError("没有这张图片")
    stored = original(visit.office.store, found.sha256)
    try:
        with Image.open(io.BytesIO(stored)) as image:
            content = _masked(image, json.loads(found.box), json.loads(found.mask))
    except (OSError, ValueError, UnidentifiedImageError) as error:
        raise NotFoundError("图片原件已不在存储中，请告知系统管理员", 410) from error
    return Response(content, media_type="image/jpeg", headers=KEPT)


def _masked(image: Image.Image, box: list[int], mask: list[list[list[float]]]) -> bytes:
    left, top, right, bottom = box
    margin = AROUND * (bottom - top)
    corner = max(int(left - margin), 0), max(int(top - margin), 0)
    end = min(int(right + margin), image.width), min(int(bottom + margin), image.height)
    cut = image.convert("RGB").crop((*corner, max(end[0], corner[0] + 1), max(end[1], corner[1] + 1)))
    over = ImageDraw.Draw(cut, "RGBA")
    for outline in mask:
        over.polygon([(x - corner[0], y - corner[1]) for x, y in outline], fill=MASK)
    width = min(max(round(HEIGHT * cut.width / cut.height), 1), WIDEST)
    sink = io.BytesIO()
    cut.resize((width, HEIGHT)).save(sink, "JPEG", quality=88)
    return sink.getvalue()


PAGES = (Page(path="/legibility/{seen_id}", show=show, roles=CASE_READERS),)
