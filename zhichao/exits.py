"""What every command shares: exit codes, common options, and errors told in one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from models.errors import MisuseError, NotDoneError, UnavailableError
from zhichao import show


class Exit(IntEnum):
    """Exit codes."""

    DONE = 0
    TROUBLE = 1
    USAGE = 2
    UNAVAILABLE = 3


ConfigOption = Annotated[Path, typer.Option("--config", envvar="ZHICHAO_CONFIG", help="settings file")]
JsonOption = Annotated[bool, typer.Option("--json", help="print JSON lines instead of tables")]
CONFIG = Path("config.toml")


@contextmanager
def explained(notes: Console) -> Iterator[None]:
    """Turn what a user can mend into one message and an exit code."""
    try:
        yield
    except NotDoneError as error:
        show.failure(notes, error)
        raise typer.Exit(Exit.TROUBLE) from error
    except (MisuseError, FileNotFoundError, OverflowError) as error:
        show.failure(notes, error)
        raise typer.Exit(Exit.USAGE) from error
    except (UnavailableError, OSError) as error:
        show.failure(notes, error)
        raise typer.Exit(Exit.UNAVAILABLE) from error
