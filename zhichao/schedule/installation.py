"""What a job works with: settings as they stand now, the database, a clock."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from models.database import Database
from zhichao.settings import ConfigError, Settings, load_settings


@dataclass(slots=True, kw_only=True)
class Installation:
    """One installation. The settings file is read again when it changes; a wrong one changes nothing.

    `problem` says what is wrong with the file as it lies there; "" while it is the one in use.
    """

    config: Path
    settings: Settings
    database: Database
    clock_ms: Callable[[], int]
    stopping: threading.Event = field(default_factory=threading.Event)
    problem: str = ""
    _seen: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        """Note which file the settings were read from."""
        self._seen = self._stamp()

    def refresh(self) -> bool:
        """Read the settings again if the file changed; return whether others hold now."""
        stamp = self._stamp()
        if stamp == self._seen:
            return False
        self._seen = stamp
        try:
            fresh = load_settings(self.config)
        except ConfigError as error:
            self.problem = str(error)
            return False
        if (fresh.url, fresh.data_dir) != (self.settings.url, self.settings.data_dir):
            self.problem = f"{self.config}: database_url or data_dir changed: restart to use them"
            return False
        self.problem = ""
        changed = fresh != self.settings
        self.settings = fresh
        return changed

    def _stamp(self) -> tuple[int, int]:
        try:
            found = self.config.stat()
        except OSError:
            return (0, 0)
        return (found.st_mtime_ns, found.st_size)
