"""Names that come from outside: what may become a file in a folder of ours."""

from pathlib import PurePosixPath, PureWindowsPath

NAME_BYTES = 200
URL_STARTS = ("http://", "https://")


def is_plain_name(name: str) -> bool:
    """Tell whether `name` is a single file name on any system: no folders, drives, controls or dot files."""
    return (
        0 < len(name.encode(errors="replace")) <= NAME_BYTES
        and name.isprintable()
        and PurePosixPath(name).name == name
        and PureWindowsPath(name).name == name
        and not name.startswith(".")
    )


def is_url(name: str) -> bool:
    """Tell whether `name` asks to be fetched."""
    return name.startswith(URL_STARTS)
