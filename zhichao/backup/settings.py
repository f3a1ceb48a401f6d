"""Where backups go, as the settings say it."""

from pydantic import BaseModel, ConfigDict, Field


class BackupSettings(BaseModel):
    """The nightly backup."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: str = Field(
        default="", description="where backups go, best another disk; empty: backup in data_dir"
    )
    keep: int = Field(
        default=14, ge=1, le=3660, description="backups of the database kept; evidence always is"
    )
    passphrase_file: str = Field(
        default="", description="seals the keys into the backup; empty: no keys in it"
    )
