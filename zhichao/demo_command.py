"""The `demo` command."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from zhichao.demo import run_demo
from zhichao.exits import CONFIG, ConfigOption, Exit, JsonOption, explained
from zhichao.settings import load_settings


def demo(
    *,
    folder: Annotated[Path, typer.Option(help="new folder for everything the demo writes")] = Path(
        "build/demo"
    ),
    seed: Annotated[int, typer.Option(help="another seed, another night")] = 2026,
    passages: Annotated[int, typer.Option(min=20, max=20_000, help="passages at each station")] = 240,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Simulate a night of two stations, run the nightly job on it, and compare with the truth."""
    with explained(Console(stderr=True)):
        right = run_demo(load_settings(config), folder, seed=seed, passages=passages, as_json=as_json)
    if not right:
        raise typer.Exit(Exit.TROUBLE)
