"""Enums whose members carry the Chinese words that people read."""

from enum import StrEnum
from typing import Self


class Labelled(StrEnum):
    """A word for database, export and log, with a Chinese `label` for people."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        """Attach the label to the member."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member
