"""Keeps the schedule in a process of its own, which tests kill: keeper_process.py FOLDER URL NAME LEASE_S."""

import sys
import threading
import time
from pathlib import Path

from timetable import ZONE

from models.clock import clock_ms
from models.database import Database
from zhichao.schedule.installation import Installation
from zhichao.schedule.job import Done, Job
from zhichao.schedule.keeper import Keeper
from zhichao.schedule.timing import every
from zhichao.settings import load_settings


def main(folder: Path, url: str, name: str, lease_s: str) -> None:
    """Keep one job that notes who runs it and, in the process named `slow`, never ends."""
    (folder / f"{name}.toml").write_text(
        f'database_url = "{url}"\n[schedule]\nheart_s = 0.1\nlease_s = {lease_s}\n', encoding="utf-8"
    )

    def work(installation: Installation, _slot_ms: int) -> Done:
        (folder / f"ran-{name}").touch()
        if name == "slow":
            installation.stopping.wait(60)
        return Done(summary=name)

    config = folder / f"{name}.toml"
    installation = Installation(
        config=config, settings=load_settings(config), database=Database(url), clock_ms=clock_ms
    )
    job = Job(name="job", label="", timing=every(60, ZONE), work=work)
    keeper = Keeper(installation, lambda _: (job,))
    threading.Thread(target=keeper.run, daemon=True).start()
    while True:
        state = "holds" if keeper.holds else "stands by"
        half = folder / f".{name}"
        half.write_text(state, encoding="utf-8")
        half.replace(folder / name)
        time.sleep(0.05)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
