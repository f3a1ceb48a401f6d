"""What every command shares: exit codes, common options, and errors told in one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from models.case_life import CaseError
from models.database import DatabaseUnavailableError
from models.head_file import HeadFileError
from models.vault import VaultError
from notices.documents.numbers import NumberError
from notices.documents.render import RenderError
from notices.seal.key import SealError
from notices.seal.verify import NoSealError
from pipeline.rules.rule import RuleError
from zhichao import show
from zhichao.settings import ConfigError


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
    except (RenderError, SealError, NoSealError, NumberError) as error:
        show.failure(notes, error)
        raise typer.Exit(Exit.TROUBLE) from error
    except (ConfigError, RuleError, CaseError, HeadFileError, FileNotFoundError, OverflowError) as error:
        show.failure(notes, error)
        raise typer.Exit(Exit.USAGE) from error
    except (DatabaseUnavailableError, VaultError, OSError) as error:
        show.failure(notes, error)
        raise typer.Exit(Exit.UNAVAILABLE) from error
