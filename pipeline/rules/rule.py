"""What every table of a rule file is made of, and how one is read."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from models.errors import MisuseError

Citation = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
T = TypeVar("T", bound="Rule")


class RuleError(MisuseError, ValueError):
    """A rule file can't be used; the message names file, key, what was expected and what was found."""


class Rule(BaseModel):
    """Base of what stands in a rule file: an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a rule file says."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise RuleError(f"{path}: {error}") from error


def checked(model: type[T], content: dict[str, Any], path: Path) -> T:
    """Return a file's content as its table."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        lines = [_line(path, one) for one in error.errors(include_url=False)]
        raise RuleError("\n".join(lines)) from error


def _line(path: Path, error: ErrorDetails) -> str:
    place = "".join(f"{key}." for key in error["loc"]).rstrip(".")
    start = f"{path}: {place}: " if place else f"{path}: "
    # What our own checks refuse says itself what was found.
    if error["type"] == "value_error":
        return start + error["msg"].removeprefix("Value error, ")
    return f"{start}{error['msg']}, got {str(error['input'])[:80]!r}"
