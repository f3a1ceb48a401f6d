"""Settings: `config.toml`, overridden by ZHICHAO_… variables, read once into one frozen object."""

import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Self, TypeVar

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from models.errors import MisuseError
from models.values.looking_back import FLEET_DAYS, MEMORY_DAYS
from notices.exchange.settings import Agency, Partner
from notices.service.settings import ServiceSettings
from pipeline.registries.settings import RegistrySettings, problems_of
from stations.push.settings import Push
from stations.station import Station, load_station
from zhichao.backup.settings import BackupSettings
from zhichao.schedule.settings import ScheduleSettings

T = TypeVar("T")


class ConfigError(MisuseError, ValueError):
    """A setting can't be used; the message names file, key, what was expected and what was found."""


class Settings(BaseSettings):
    """Everything that can be set. Relative paths start at the folder of the config file."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, env_prefix="ZHICHAO_")

    data_dir: Path = Field(default=Path("data"), description="database, originals, drop folders, exports")
    database_url: str = Field(default="", description="SQLAlchemy URL; empty: SQLite in data_dir")
    workers: int = Field(default=2, ge=1, le=64, description="processes that judge and read plates")
    reader_threads: int = Field(default=1, ge=1, le=64, description="threads of each plate reader")
    chunk_size: int = Field(default=200, ge=50, le=100_000, description="passages judged in one transaction")
    scheduler: str = Field(
        default="",
        description="dask scheduler whose workers judge, tls://host:port; empty: processes here",
    )
    archive_after_days: int = Field(
        default=0, ge=0, description="months older than this leave the tables; 0: none does"
    )
    plate_threshold: float = Field(
        default=0.8, ge=0, le=1, description="confidence from which a reading names the vehicle"
    )
    lease_s: int = Field(default=600, ge=1, le=86_400, description="how long a silent runner keeps its work")
    console_host: str = Field(default="127.0.0.1", description="address the officers' console listens on")
    console_port: int = Field(default=8420, ge=1, le=65_535, description="port of the officers' console")
    verification_url: str = Field(
        default="https://verify.invalid/d", description="where the code of a document leads"
    )
    look_up_url: str = Field(
        default="https://verify.invalid", description="where a party reads a document with code and plate"
    )
    public_host: str = Field(default="127.0.0.1", description="address the public page listens on")
    public_port: int = Field(default=8421, ge=1, le=65_535, description="port of the public page")
    tls_certificate: str = Field(
        default="", description="certificate of console and public page, in data_dir; empty: a proxy has it"
    )
    tls_key: str = Field(default="", description="its key, in data_dir; empty: in the certificate's file")
    tls_proxy: str = Field(default="", description="address of a TLS proxy that is on another machine")
    heading_face: str = Field(default="Noto Sans SC", description="face of headings in documents")
    body_face: str = Field(default="Noto Serif SC", description="face of the text in documents")
    stamping_url: str = Field(default="", description="time-stamp authority (RFC 3161); empty: none")
    registry_key_file: str = Field(
        default="", description="keys that seal owners' data; empty: registry.key in data_dir, made if absent"
    )
    registry_cache_days: float = Field(
        default=30, ge=0, description="how long a registered vehicle is believed"
    )
    registry_negative_minutes: float = Field(
        default=60, ge=0, description="how long it is believed that there is no such vehicle or permit"
    )
    registry_keep_days: int = Field(default=730, ge=1, description="after that owners' data are deleted")
    registry_patience_s: float = Field(
        default=900, ge=0, description="how long a night waits for a registry that is down"
    )
    disk_reserve_mb: int = Field(
        default=512, ge=0, description="room kept free: nothing is taken in where there is less"
    )
    metrics_token_file: str = Field(
        default="", description="token that /metrics asks for; empty: there are no /metrics"
    )
    log_format: Literal["text", "json"] = Field(default="text", description="how the listeners write logs")
    registries: tuple[RegistrySettings, ...] = Field(default=(), description="the registries, see below")
    agency: Agency = Field(default=Agency(), description="the agency that runs here, see below")
    partners: tuple[Partner, ...] = Field(default=(), description="the agencies it exchanges with, see below")
    push: Push = Field(default=Push(), description="how stations push, see below")
    backup: BackupSettings = Field(default=BackupSettings(), description="where backups go, see below")
    schedule: ScheduleSettings = Field(default=ScheduleSettings(), description="what runs when, see below")
    service: ServiceSettings = Field(
        default=ServiceSettings(), description="the channels of service, see below"
    )
    stations: tuple[Station, ...] = Field(default=(), description="the stations, see below")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let variables override the file."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        for table, ids in (
            ("stations", [station.id for station in self.stations]),
            ("partners", [self.agency.id, *(partner.id for partner in self.partners)]),
        ):
            twice = sorted({one for one in ids if ids.count(one) > 1})
            if twice:
                message = f"{table}: id {', '.join(twice)} stands more than once"
                raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _registries_fit_together(self) -> Self:
        if problems := problems_of(self.registries):
            message = f"registries: {'; '.join(problems)}"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _machines_share_a_database(self) -> Self:
        if self.scheduler and self.database_url.split(":")[0].split("+")[0] in {"", "sqlite"}:
            message = "scheduler: several machines need PostgreSQL in database_url, not SQLite"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _archive_leaves_what_is_needed(self) -> Self:
        if 0 < self.archive_after_days < self.needed_days:
            message = (
                f"archive_after_days: expected 0 or at least {self.needed_days}: nights, those of days whose "
                f"records came late too, look so far back; got {self.archive_after_days}"
            )
            raise ValueError(message)
        return self

    @property
    def needed_days(self) -> int:
        """Return for how many days back passages may still be asked for.

        The night of the latest of the late days looks back from that day; two days more for clocks and zones.
        """
        return self.schedule.late_days + max(MEMORY_DAYS, FLEET_DAYS) + 2

    @property
    def registry_keys(self) -> Path:
        """Return the file of the keys that seal owners' data."""
        return self.data_dir / (self.registry_key_file or "registry.key")

    @property
    def url(self) -> str:
        """Return the database's URL."""
        return self.database_url or f"sqlite:///{self.data_dir / 'zhichao.sqlite'}"

    @property
    def inbox(self) -> Path:
        """Return the folder of drop folders, one for each station id."""
        return self.data_dir / "inbox"

    @property
    def key_file(self) -> Path:
        """Return the key that signs evidence."""
        return self.data_dir / "keys" / "evidence.pem"

    @property
    def head_file(self) -> Path:
        """Return the file beside the database that holds the audit log's head."""
        return self.data_dir / "audit-head.json"

    @property
    def seals(self) -> Path:
        """Return the folder of seals, one for each province whose agency issues here."""
        return self.data_dir / "seals"

    def station(self, name: str) -> Station:
        """Return a station by id, or read a station file."""
        for station in self.stations:
            if station.id == name:
                return station
        path = Path(name)
        if path.suffix == ".toml":
            return _read(path, lambda: load_station(path))
        known = ", ".join(station.id for station in self.stations)
        raise ConfigError(
            f"station {name!r} is not declared (declared: {known}) and is no .toml station file"
        )


def load_settings(path: Path) -> Settings:
    """Read settings from a TOML file.

    Raises:
        ConfigError: the file is missing, is no TOML, or a key is unknown or wrong.

    """

    def build() -> Settings:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        settings = Settings(**content)
        folder = Path(os.path.abspath(path)).parent  # noqa: PTH100 (resolve() would follow links away)
        registries = tuple(one.beside(folder) for one in settings.registries)
        return settings.model_copy(
            update={
                "data_dir": folder / settings.data_dir,
                "registries": registries,
                "push": settings.push.beside(folder),
            }
        )

    return _read(path, build)


def _read(path: Path, build: Callable[[], T]) -> T:
    try:
        return build()
    except ValidationError as error:
        lines = [
            f"{_origin(path, one['loc'])}: {one['msg']}, got {str(one['input'])[:80]!r}"
            for one in error.errors(include_url=False)
        ]
        raise ConfigError("\n".join(lines)) from error
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error


def _origin(path: Path, place: tuple[int | str, ...]) -> str:
    """Say where a value stands: in a variable, if there is one, since that overrides the file."""
    variable = f"{Settings.model_config['env_prefix']}{place[0]}".upper() if place else ""
    return variable if variable in os.environ else f"{path}: {'.'.join(map(str, place))}"
