"""The site that benchmarks/stream.py sends to: listener and stream in processes of their own."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from models.clock import clock_ms
from models.database import Database
from models.tables import Case
from models.values.states import Standing
from pipeline.gate.state import Override
from pipeline.lane_rows import add_override
from stations.push.credentials import make_credential

BIN = Path(sys.executable).parent
DAY = datetime.now(ZoneInfo("Asia/Shanghai")).date() - timedelta(days=1)
STATION, CODE, LANES, PORT = "bench", "BENCH", 4, 8471
CONFIG = f"""
data_dir = "data"
[push]
port = {PORT}
per_second = 100000.0
burst = 100000
BROKER
[[stations]]
id = "{STATION}"
name = "bench"
province = "上海"
road = "bench"
chainage = "K0"
direction = "bench"
format = "station_upload"
code = "{CODE}"
announced_on = 2021-01-01
legal_review_on = 2021-01-01
technical_review_on = 2021-01-01
lanes = [{", ".join(f"{{ number = {lane} }}" for lane in range(1, LANES + 1))}]
[[stations.certificates]]
number = "bench"
regulation = "JJG 907-2006"
accuracy_class = "5"
verified_by = "bench"
valid_from = 2021-01-01
valid_until = 2099-12-31
speed_max_kmh = 200
"""


class Site:
    """Listener and stream in processes of their own."""

    def __init__(self, folder: Path, broker: str) -> None:
        """Start both on a new database in `folder`."""
        self.folder, self.config = folder, folder / "config.toml"
        line = f'broker = "{broker}"' if broker else ""
        self.config.write_text(CONFIG.replace("BROKER", line), encoding="utf-8")
        self.database = Database(f"sqlite:///{folder / 'data' / 'zhichao.sqlite'}")
        with self.database.write("bench") as connection:
            self.token = make_credential(connection, STATION, "bench", clock_ms())
            for lane in range(1, LANES + 1):
                said = Override(
                    standing=Standing.WATCHED, actor="bench", reason="bench", first_day=DAY, last_day=DAY
                )
                add_override(connection, STATION, lane, said)
        self.log = (folder / "log.txt").open("wb")
        self.listener, self.stream = self.start("listen"), self.start("stream")

    def start(self, command: str) -> subprocess.Popen[bytes]:
        """Start a command of the program."""
        words = [str(BIN / "zhichao"), command, "--config", str(self.config)]
        return subprocess.Popen(words, stdout=self.log, stderr=self.log)  # noqa: S603 (our own)

    async def kill(self) -> None:
        """Kill both as a power cut would, and start them again."""
        for process in (self.listener, self.stream):
            os.kill(process.pid, signal.SIGKILL)
            await asyncio.to_thread(process.wait)
        self.listener, self.stream = self.start("listen"), self.start("stream")

    def cases(self) -> int:
        """Return how many cases there are."""
        with self.database.read() as connection:
            return connection.scalar(select(func.count()).select_from(Case)) or 0

    def until_first_case(self) -> None:
        """Wait until there is a case."""
        while not self.cases():
            time.sleep(0.5)

    def close(self) -> None:
        """End both."""
        for process in (self.listener, self.stream):
            process.terminate()
            process.wait()
        self.log.close()
        self.database.close()
