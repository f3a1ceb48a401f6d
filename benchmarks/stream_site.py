"""The site that benchmarks/stream.py sends to: listener and stream in processes of their own."""

import asyncio
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from processes import cpu_s
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
database_url = "DATABASE"
[push]
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
    """Listeners and stream in processes of their own; `spent_s` is the processor time of those that ended."""

    def __init__(self, folder: Path, url: str, broker: str, listeners: int) -> None:
        """Start all on the empty database at `url`."""
        self.folder, self.config = folder, folder / "config.toml"
        line = f'broker = "{broker}"' if broker else ""
        self.config.write_text(CONFIG.replace("BROKER", line).replace("DATABASE", url), encoding="utf-8")
        self.database = Database(url)
        with self.database.write("bench") as connection:
            self.token = make_credential(connection, STATION, "bench", clock_ms())
            for lane in range(1, LANES + 1):
                said = Override(
                    standing=Standing.WATCHED, actor="bench", reason="bench", first_day=DAY, last_day=DAY
                )
                add_override(connection, STATION, lane, said)
        self.log = (folder / "log.txt").open("wb")
        self.ports = [PORT + number for number in range(listeners)]
        self.spent_s: Counter[str] = Counter()
        self.start()

    def start(self) -> None:
        """Start all."""
        commands = [*(["listen", "--port", str(port)] for port in self.ports), ["stream"]]
        self.running = [(words[0], self._start(words)) for words in commands]

    def _start(self, words: list[str]) -> subprocess.Popen[bytes]:
        command = [str(BIN / "zhichao"), *words, "--config", str(self.config)]
        return subprocess.Popen(command, stdout=self.log, stderr=self.log)  # noqa: S603 (our own)

    async def kill(self) -> None:
        """Kill all as a power cut would, and start them again."""
        # Sent fast enough, the next kill comes before all have started again.
        if self.running:
            await asyncio.to_thread(self.end, signal.SIGKILL)
            self.start()

    def end(self, sign: signal.Signals) -> None:
        """Send a signal to all and wait until they have ended."""
        ending, self.running = self.running, []
        for name, process in ending:
            self.spent_s[name] += cpu_s(process.pid)
            process.send_signal(sign)
        for _, process in ending:
            process.wait()

    def cases(self) -> int:
        """Return how many cases there are."""
        with self.database.read() as connection:
            return connection.scalar(select(func.count()).select_from(Case)) or 0

    def until_first_case(self) -> None:
        """Wait until there is a case."""
        while not self.cases():
            time.sleep(0.5)

    def close(self) -> None:
        """End all."""
        self.end(signal.SIGTERM)
        self.log.close()
        self.database.close()
