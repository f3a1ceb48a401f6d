"""Drop folders, which stations may be writing to."""

from pathlib import Path

# A station that writes slowly uses one of these endings and renames when done.
UNFINISHED = (".part", ".tmp", ".filepart")


def stamp(path: Path) -> tuple[int, int, int] | None:
    """Return what changes when a file is written to or replaced."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def drop_folder_files(folder: Path) -> list[Path]:
    """Return the finished files of a drop folder, none if there is no such folder."""
    if not folder.is_dir():
        return []
    return [
        path
        for path in folder.iterdir()
        if not path.name.startswith(".") and not path.name.endswith(UNFINISHED) and not path.is_dir()
    ]
