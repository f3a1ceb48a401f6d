"""A real NATS server with JetStream on loopback, for tests and benchmarks."""

import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path


def binary() -> str | None:
    """Return the server's executable, None where it is not installed."""
    beside = Path(sys.executable).parent / "nats-server"
    return str(beside) if beside.exists() else shutil.which("nats-server")


class NatsServer:
    """One server; killed and started again it has what it had."""

    def __init__(self, folder: Path) -> None:
        """Start one on a free port, with its store in `folder`."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.folder = folder
        self.start()

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it listens."""
        self.process = subprocess.Popen(  # noqa: S603 (the server of the package)
            [binary() or "", "-a", "127.0.0.1", "-p", str(self.port), "-js", "-sd", str(self.folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.05)
                continue
            return
        raise AssertionError("the NATS server does not listen")

    def kill(self) -> None:
        """Kill it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
