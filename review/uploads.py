"""Forms with files: of a length that is said and held, few fields, and read whole or not at all."""

from dataclasses import dataclass, field

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from review.forms import MOST_FIELDS, Form
from review.refusals import BadInputError

MOST_FILES = 5
MOST_BYTES = 20_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A form that was posted: its texts, and its files by field in their order, without their names."""

    form: Form
    files: dict[str, list[bytes]] = field(default_factory=dict)

    def file(self, name: str) -> bytes:
        """Return the file of a field, b"" where none was chosen."""
        return next(iter(self.files.get(name, [])), b"")


async def read_posted(request: Request, most_bytes: int = MOST_BYTES) -> Posted:
    """Return a posted form with its files.

    Raises:
        BadInputError: 413 too large or of no stated length, 400 no such form, a field twice.

    """
    # Chunks come without end, whatever length stands beside them.
    endless = "transfer-encoding" in request.headers
    length = request.headers.get("content-length", "")
    if endless or not length.isdecimal() or int(length) > most_bytes:
        raise BadInputError(f"提交的内容过大，最多{most_bytes // 1_000_000}MB", 413)
    form: Form = {}
    files: dict[str, list[bytes]] = {}
    try:
        # The library stops at its own bounds; the length was held against ours above.
        async with request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS) as posted:
            for name, value in posted.multi_items():
                if isinstance(value, UploadFile):
                    if content := await value.read():
                        files.setdefault(name, []).append(content)
                elif name in form or "\x00" in value:
                    raise BadInputError("表单中同一项出现了多次，或者含有不可用的字符", 400)
                else:
                    form[name] = value
    except MultiPartException as error:
        raise BadInputError("只接受本页面的表单", 400) from error
    return Posted(form=form, files=files)
