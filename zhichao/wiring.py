"""Wires the rooms together from settings."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from models.database import Database
from models.files import FileStore
from models.leases import this_process
from pipeline.cluster import ClusterExecutor
from pipeline.executor import Executor, InlineExecutor, PoolExecutor
from pipeline.look_again import SecondLook
from pipeline.nightly import NightlyRun, Progress
from pipeline.others_seen import OtherVehicles
from pipeline.plates.look import LookingReader, load_looking_reader
from pipeline.plates.second import SecondOpinion
from pipeline.registries.look_up import Registries
from pipeline.rules.rule_sets import rule_sets
from stations.intake import Intake
from stations.quarantine import QuarantineFolder
from zhichao.settings import Settings


def store(settings: Settings) -> FileStore:
    """Return the originals of an installation."""
    return FileStore(settings.data_dir / "originals", settings.disk_reserve_mb << 20)


def intake(settings: Settings, database: Database) -> Intake:
    """Return the intake of an installation."""
    return Intake(
        database=database,
        store=store(settings),
        quarantine=QuarantineFolder(root=settings.data_dir / "quarantine"),
        holder=this_process(settings.lease_s * 1000),
    )


def reader(settings: Settings) -> Callable[[], LookingReader]:
    """Return the maker of plate readers, for a process of its own each."""
    weights: Path = settings.data_dir / "weights"
    return partial(load_looking_reader, weights, settings.reader_threads)


def executor(settings: Settings) -> Executor:
    """Return the executor that the settings ask for."""
    made = reader(settings)
    if settings.scheduler:
        return ClusterExecutor(made, settings.scheduler)
    return InlineExecutor(made) if settings.workers == 1 else PoolExecutor(made, settings.workers)


def registries(settings: Settings, database: Database) -> Registries | None:
    """Return the registries of an installation, None where none is configured."""
    if not settings.registries:
        return None
    return Registries(
        database=database,
        registries=settings.registries,
        vault_path=settings.registry_keys,
        holder=this_process(settings.lease_s * 1000),
        plate_threshold=settings.plate_threshold,
        cache_days=settings.registry_cache_days,
        negative_minutes=settings.registry_negative_minutes,
        keep_days=settings.registry_keep_days,
        patience_s=settings.registry_patience_s,
    )


def nightly_run(
    settings: Settings, database: Database, progress: Progress, judging: Executor | None = None
) -> NightlyRun:
    """Return the nightly run of an installation; a rule file that can't be used stops it here.

    `judging` is used in place of the executor that the settings ask for.
    """
    rule_sets()
    taking = intake(settings, database)
    return NightlyRun(
        database=database,
        store=taking.store,
        intake=taking,
        executor=judging or executor(settings),
        inbox=settings.inbox,
        chunk_size=settings.chunk_size,
        plate_threshold=settings.plate_threshold,
        progress=progress,
        registries=registries(settings, database),
        # Who judges by other means has no reader of ours.
        others=None if judging else OtherVehicles(database, taking.store, reader(settings)),
        second_look=SecondLook(
            database, taking.store, partial(SecondOpinion, threads=settings.reader_threads)
        ),
    )
