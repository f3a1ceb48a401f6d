"""Bodies of requests, read within bounds of size, parts and time."""

import asyncio
from collections.abc import AsyncGenerator

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from stations.names import is_plain_name
from stations.push.refusals import Reason, RefusedError

# Boundaries and heads of parts come on top of the frames.
PART_BYTES = 4096


async def read_body(request: Request, bytes_max: int, time_s: float) -> bytes:
    """Return the whole body."""
    body = bytearray()
    async for block in _bounded(request, bytes_max, time_s):
        body += block
    return bytes(body)


async def read_frames(
    request: Request, *, frames: int, frame_bytes: int, time_s: float
) -> list[tuple[str, bytes]]:
    """Return name and bytes of each part called `frame` of a multipart body."""
    total = frames * (frame_bytes + PART_BYTES)
    stream = _bounded(request, total, time_s)
    parser = MultiPartParser(
        request.headers, stream, max_files=frames, max_fields=0, max_part_size=PART_BYTES
    )
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError, ValueError) as error:
        raise RefusedError(Reason.MALFORMED, f"multipart: {str(error)[:200] or 'no boundary'}") from error
    try:
        return [await _frame(key, part, frame_bytes) for key, part in form.multi_items()]
    finally:
        await form.close()


async def _frame(key: str, part: UploadFile | str, frame_bytes: int) -> tuple[str, bytes]:
    if isinstance(part, str) or key != "frame":
        raise RefusedError(Reason.MALFORMED, f"part {key[:60]!r}: expected files in parts called frame")
    name = part.filename or ""
    if not is_plain_name(name):
        raise RefusedError(Reason.MALFORMED, f"frame {name[:60]!r}: expected a plain file name, no folders")
    body = await part.read()
    if len(body) > frame_bytes:
        raise RefusedError(Reason.TOO_LARGE, f"frame {name}: at most {frame_bytes} bytes, got {len(body)}")
    return name, body


async def _bounded(request: Request, bytes_max: int, time_s: float) -> AsyncGenerator[bytes, None]:
    size_bytes = 0
    try:
        async with asyncio.timeout(time_s):
            async for block in request.stream():
                size_bytes += len(block)
                if size_bytes > bytes_max:
                    raise RefusedError(Reason.TOO_LARGE, f"a body has at most {bytes_max} bytes")
                yield block
    except TimeoutError as error:
        raise RefusedError(Reason.TOO_SLOW, f"a body comes within {time_s:g} seconds") from error
