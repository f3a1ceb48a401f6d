"""What a listener needs to do its work; each check says in words what is wrong, "" where nothing is."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import select

import models
from models.database import Database, DatabaseUnavailableError
from models.exchange_tables import ExchangeState
from models.listener_tls import ListenerTls
from zhichao.settings import Settings

Check = Callable[[], str]
MB = 1 << 20
MIGRATIONS = Path(models.__file__).parent / "migrations"


def newest_schema() -> str | None:
    """Return the revision of the schema that this program knows."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def database(kept: Database) -> Check:
    """Check that the database answers, at the schema this program knows."""
    newest = newest_schema()

    def check() -> str:
        try:
            revision = kept.revision
        except DatabaseUnavailableError as error:
            return str(error)
        return "" if revision == newest else f"schema {revision}, this program knows {newest}: restart"

    return check


def disk(settings: Settings) -> Check:
    """Check that there is room for evidence."""

    def check() -> str:
        folder = settings.data_dir
        while not folder.exists():
            folder = folder.parent
        free_mb = shutil.disk_usage(folder).free // MB
        reserve_mb = settings.disk_reserve_mb
        return "" if free_mb >= reserve_mb else f"{folder}: {free_mb} MB free, {reserve_mb} kept in reserve"

    return check


def certificate(tls: ListenerTls | None) -> Mapping[str, Check]:
    """Return the check of a listener's certificate, none where it listens without."""
    return {"certificate": tls.problem} if tls else {}


def exchange(kept: Database) -> Check:
    """Check that the exchange is not frozen."""

    def check() -> str:
        try:
            with kept.read() as connection:
                return connection.scalar(select(ExchangeState.frozen)) or ""
        except DatabaseUnavailableError as error:
            return str(error)

    return check


def common(settings: Settings, kept: Database) -> Mapping[str, Check]:
    """Return what every listener needs."""
    return {"database": database(kept), "disk": disk(settings)}
