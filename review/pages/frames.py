"""Frames and crops of plates: originals as they were stored, or a page that says why not."""

import io
import json

from PIL import Image, UnidentifiedImageError
from sqlalchemy import select
from starlette.responses import Response

from models.files import ChangedFileError, FileStore
from models.tables import Finding, Frame, PlateReadingRow
from review.access import CASE_READERS, Page, Visit
from review.forms import whole
from review.refusals import NotFoundError
from review.seen import may_be_seen

KINDS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"RIFF": "image/webp", b"BM": "image/bmp"}
DIGEST_LENGTH = 64
# Officers look at the same frames again; nobody else may.
KEPT = {"Cache-Control": "private, max-age=86400, immutable"}
MARGIN = 0.15
CROP_HEIGHT = 96
WIDEST = 480


def show(visit: Visit) -> Response:
    """Return an original frame; one that is no longer what was stored is not shown."""
    sha256 = visit.path("sha256")
    if len(sha256) != DIGEST_LENGTH or not set(sha256) <= set("0123456789abcdef"):
        raise NotFoundError("没有这张图片")
    with visit.office.read() as connection:
        of_passages = select(Finding.passage_id).join(Frame, Frame.passage_id == Finding.passage_id)
        found = connection.scalars(of_passages.where(Frame.sha256 == sha256).distinct()).all()
        shown = any(may_be_seen(connection, passage_id) for passage_id in found)
    if not shown:
        raise NotFoundError("没有这张图片")
    content = original(visit.office.store, sha256)
    kind = next((kind for start, kind in KINDS.items() if content.startswith(start)), "")
    # What is no picture is offered for saving, never shown: its sender may have meant it to run here.
    headers = KEPT if kind else {**KEPT, "Content-Disposition": "attachment"}
    return Response(content, media_type=kind or "application/octet-stream", headers=headers)


def original(store: FileStore, sha256: str) -> bytes:
    """Return a picture as it was stored.

    Raises:
        NotFoundError: it is no longer that, or is gone.

    """
    try:
        return store.read(sha256)
    except ChangedFileError as error:
        raise NotFoundError("图片与入库时的摘要不符，不能作为证据显示，请告知系统管理员", 410) from error
    except OSError as error:
        raise NotFoundError("图片原件已不在存储中，请告知系统管理员", 410) from error


def crop(visit: Visit) -> Response:
    """Return the plate cut out of its frame, for looking only: the original stays as it is."""
    reading_id = whole(visit.path("reading_id"))
    with visit.office.read() as connection:
        found = connection.execute(
            select(PlateReadingRow.box, Frame.sha256, Frame.passage_id)
            .join(Frame, Frame.id == PlateReadingRow.frame_id)
            .where(PlateReadingRow.id == reading_id)
        ).one_or_none()
        shown = found is not None and may_be_seen(connection, found.passage_id)
    if found is None or not shown:
        raise NotFoundError("没有这张图片")
    stored = original(visit.office.store, found.sha256)
    try:
        with Image.open(io.BytesIO(stored)) as image:
            content = _cut(image, json.loads(found.box))
    except (OSError, ValueError, UnidentifiedImageError) as error:
        raise NotFoundError("图片原件已不在存储中，请告知系统管理员", 410) from error
    return Response(content, media_type="image/jpeg", headers=KEPT)


def _cut(image: Image.Image, box: list[int]) -> bytes:
    left, top, right, bottom = box
    margin = MARGIN * (bottom - top)
    cut = image.crop(
        (
            max(int(left - margin), 0),
            max(int(top - margin), 0),
            min(int(right + margin), image.width),
            min(int(bottom + margin), image.height),
        )
    )
    width = min(max(round(CROP_HEIGHT * cut.width / max(cut.height, 1)), 1), WIDEST)
    sink = io.BytesIO()
    cut.convert("RGB").resize((width, CROP_HEIGHT)).save(sink, "JPEG", quality=88)
    return sink.getvalue()


PAGES = (
    Page(path="/frames/{sha256}", show=show, roles=CASE_READERS),
    Page(path="/plates/{reading_id}", show=crop, roles=CASE_READERS),
)
