"""Forms: small, in UTF-8, each field once; everything else is refused before it is looked at."""

from datetime import date
from urllib.parse import parse_qsl

from starlette.requests import Request

from review.refusals import BadInputError

MOST_BYTES = 64 * 1024
MOST_FIELDS = 40
LONGEST_NUMBER = 18
FORM_TYPE = "application/x-www-form-urlencoded"

Form = dict[str, str]


async def read_form(request: Request) -> Form:
    """Return the fields of a posted form; nothing for other methods.

    Raises:
        BadInputError: 413 too large, 415 no form, 400 not UTF-8 or too many fields.

    """
    if request.method != "POST":
        return {}
    if int(request.headers.get("content-length") or 0) > MOST_BYTES:
        raise BadInputError("提交的内容过大", 413)
    body = b""
    async for block in request.stream():
        body += block
        if len(body) > MOST_BYTES:
            raise BadInputError("提交的内容过大", 413)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        raise BadInputError("只接受本系统的表单", 415)
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError as error:
        raise BadInputError("表单编码有误，应为 UTF-8", 400) from error
    form = dict(pairs)
    if len(form) != len(pairs):
        raise BadInputError("表单中同一项出现了多次", 400)
    if any("\x00" in value for value in form.values()):
        raise BadInputError("表单含有不可用的字符", 400)
    return form


def line(form: Form, name: str, most: int = 200) -> str:
    """Return a field as one trimmed line.

    Raises:
        BadInputError: it is longer than `most` characters or holds control characters.

    """
    text = form.get(name, "").strip()
    if len(text) > most:
        raise BadInputError(f"“{name}”最多{most}个字，收到{len(text)}个")
    if any(ord(character) < ord(" ") for character in text):
        raise BadInputError(f"“{name}”含有不可用的字符")
    return text


def paragraph(form: Form, name: str, most: int = 2000) -> str:
    """Return a field of several lines."""
    text = form.get(name, "").strip().replace("\r\n", "\n")
    if len(text) > most:
        raise BadInputError(f"“{name}”最多{most}个字，收到{len(text)}个")
    return text


def day(form: Form, name: str) -> date | None:
    """Return a field as a day, None where it is empty."""
    text = form.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadInputError("日期应为年-月-日") from error


def number(form: Form, name: str) -> int:
    """Return a field as a whole number."""
    found = whole(form.get(name, ""))
    if found is None:
        raise BadInputError(f"“{name}”应为数字")
    return found


def whole(text: str) -> int | None:
    """Return a whole number that a database can hold, None where the text is none."""
    short = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    return int(text) if short else None
