"""What the fields of a message may hold, and the model that every body derives from."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

# 2**53 - 1, the highest whole number that every JSON reader keeps (RFC 8785).
HIGHEST = 9_007_199_254_740_991

Name = Annotated[str, StringConstraints(pattern=r"^[^\s,/\x00-\x1f\x7f]{1,60}$")]
Word = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,200}$")]
Text = Annotated[str, StringConstraints(max_length=4000, pattern=r"^[^\x00]*$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Millis = Annotated[int, Field(ge=0, le=HIGHEST)]
# An instant that people are shown: until 2100, which every calendar holds.
Instant = Annotated[int, Field(ge=0, le=4_102_444_800_000)]
Count = Annotated[int, Field(ge=0, le=10_000_000)]


class Body(BaseModel):
    """What a message is about; an unknown key is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
