"""Files that go beside a message: how the message names them, and the parts in which they go."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from notices.exchange.fields import Body, Digest

# A message has at most 64 KiB, so a file goes in parts.
PART_BYTES = 32_766
PART_CHARACTERS = 43_688
FILE_BYTES = 8 << 20
FILES_BYTES = 16 << 20


class FileFields(Body):
    """A file that goes beside a message, in parts of kind `attachment`."""

    sha256: Digest
    name: Annotated[str, StringConstraints(pattern=r"^[^/\\\x00-\x1f\x7f]{1,120}$")]
    media_type: Literal["application/json", "application/pdf", "image/jpeg", "image/png", "video/mp4"]
    size_bytes: Annotated[int, Field(ge=1, le=FILE_BYTES)]


Files = Annotated[tuple[FileFields, ...], Field(strict=False, max_length=50)]


class WithFiles(Body):
    """A message that names files; each once, and together no more than a message may bring."""

    files: Files = ()

    @model_validator(mode="after")
    def _files_fit(self) -> Self:
        if len({one.sha256 for one in self.files}) < len(self.files):
            raise ValueError("files: the same file stands twice")
        if sum(one.size_bytes for one in self.files) > FILES_BYTES:
            raise ValueError(f"files: more than {FILES_BYTES} bytes together")
        return self


class AttachmentBody(Body):
    """One part of a file, counted from 1; every part but the last has `PART_BYTES` bytes, in base64."""

    sha256: Digest
    part: Annotated[int, Field(ge=1, le=1000)]
    data: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]+={0,2}$", max_length=PART_CHARACTERS)]
