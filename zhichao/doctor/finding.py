"""What a look at one thing came to."""

from dataclasses import dataclass

from models.values.labelled import Labelled


class Health(Labelled):
    """How a thing is."""

    SOUND = "sound", "正常"
    WARNING = "warning", "注意"
    BROKEN = "broken", "故障"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at; `says` what was found and `do` what is to be done, "" where it is sound."""

    thing: str
    health: Health
    says: str
    do: str = ""


def sound(thing: str, says: str) -> Finding:
    """Return that a thing is as it should be."""
    return Finding(thing=thing, health=Health.SOUND, says=says)


def warning(thing: str, says: str, do: str) -> Finding:
    """Return that a thing wants a look before it breaks."""
    return Finding(thing=thing, health=Health.WARNING, says=says, do=do)


def broken(thing: str, says: str, do: str) -> Finding:
    """Return that a thing does not work."""
    return Finding(thing=thing, health=Health.BROKEN, says=says, do=do)
