"""A person's word on a mass weighed under a manoeuvre: `weighing`."""

from typing import Annotated

import typer
from rich.console import Console

from models import audit, head_file
from models.clock import clock_ms
from models.database import Database
from models.values.office import Actor
from models.values.states import WeighingWord
from pipeline.evasion.words import Said, say
from zhichao.exits import CONFIG, ConfigOption, explained
from zhichao.settings import load_settings


def weighing(
    passage: Annotated[int, typer.Argument(help="number of the passage, as `evasion` tells it")],
    *,
    word: Annotated[WeighingWord, typer.Option(help="stands: the weighing holds; no_case: it stays a lead")],
    reason: Annotated[str, typer.Option(help="why")],
    actor: Annotated[str, typer.Option("--by", help="who says so")],
    config: ConfigOption = CONFIG,
) -> None:
    """Say of an overload lead, held back by how it was driven, whether its weighing stands; kept for good.

    Where it stands the next nightly run opens the case, with the doubt.
    """
    notes = Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        said = Said(passage_id=passage, word=word, reason=reason)
        with Database(settings.url).write("weighing.said") as connection:
            say(connection, said, Actor(officer_id=None, name=actor), clock_ms())
            end = audit.head(connection)
        head_file.note(settings.head_file, end)
    notes.print(f"已登记 kept: {word.label}", highlight=False)
