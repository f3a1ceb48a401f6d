"""One installation in a folder of its own, backups of it, and what of it does not hold."""

from pathlib import Path

from snapshot import snapshot
from typer.testing import CliRunner

from models import head_file
from models.database import Database
from models.files import FileStore
from pipeline.verify import breaks, originals_of
from zhichao.backup.make import backups
from zhichao.backup.tables import LEFT_OUT
from zhichao.cli import app
from zhichao.settings import Settings, load_settings


class Place:
    """One installation in a folder of its own."""

    def __init__(self, folder: Path, url: str, more: str = "") -> None:
        folder.mkdir(exist_ok=True)
        self.config, self.data = folder / "config.toml", folder / "data"
        self.config.write_text(f'database_url = "{url}"\n{more}', encoding="utf-8")
        self.settings: Settings = load_settings(self.config)

    def run(self, *arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, [*arguments, "--config", str(self.config)])
        assert done.exit_code == code, done.output
        return done.stdout + done.stderr

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        database = Database(self.settings.url)
        rows = {name: rows for name, rows in snapshot(database).items() if name not in LEFT_OUT}
        # The one thing that a restore changes: nothing is said before the partners were heard.
        rows["exchange_state"] = [row[:-1] for row in rows["exchange_state"]]
        database.close()
        return rows


def broken(place: Place) -> list[str]:
    """Return what `zhichao verify` would name."""
    database, head = Database(place.settings.url), head_file.noted(place.settings.head_file)
    assert head is not None
    with database.read() as connection:
        found = list(
            breaks(
                connection, originals_of(connection, FileStore(place.data / "originals")), head, lambda: None
            )
        )
    database.close()
    return found


def made(place: Place) -> Path:
    place.run("backup")
    return backups(place.data / "backup")[-1]
