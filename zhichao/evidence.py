"""Commands on evidence: write one case's bundle, make the key that signs it."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from models import audit, head_file
from models.case_life import life_of
from models.clock import clock_ms
from models.database import Database
from models.keys import KeyFileError, load_key
from models.keys import make_key as make_key_file
from models.values.office import PROGRAM, Action
from pipeline.bundle import write_bundle
from zhichao import show, wiring
from zhichao.exits import CONFIG, ConfigOption, explained
from zhichao.service_wiring import proof_store
from zhichao.settings import load_settings


def bundle(
    number: Annotated[str, typer.Argument(metavar="CASE", help="case number")],
    *,
    to: Annotated[Path | None, typer.Option(help="archive to write; default: CASE.zip here")] = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Write everything a case rests on as one signed archive that anyone can verify offline."""
    out, notes = show.console(), Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        key = load_key(settings.key_file)
        database = Database(settings.url)
        with database.write("case.exported") as connection:
            life = life_of(connection, number)
            audit.append(connection, PROGRAM, Action.EXPORTED, number, at_ms=clock_ms())
            end = audit.head(connection)
            station = settings.station(life.station_id)
            stores = {"store": wiring.store(settings), "handed_in": proof_store(settings)}
            archive = write_bundle(connection, number, station, key=key, at_ms=clock_ms(), **stores)
        head_file.note(settings.head_file, end)
        path = to or Path(f"{number}.zip")
        path.write_bytes(archive)
    out.print(f"{path} ({len(archive):,} bytes), key {key.fingerprint}", highlight=False, soft_wrap=True)


def make_key(*, config: ConfigOption = CONFIG) -> None:
    """Make the key that signs evidence, once; publish its fingerprint, keep the file to yourself."""
    out, notes = show.console(), Console(stderr=True)
    with explained(notes):
        path = load_settings(config).key_file
        try:
            key = make_key_file(path)
        except FileExistsError as error:
            raise KeyFileError(f"{path}: there is a key already; it is not replaced") from error
    out.print(f"{path}, fingerprint {key.fingerprint}", highlight=False, soft_wrap=True)
