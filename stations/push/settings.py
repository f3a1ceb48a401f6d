"""Settings of what stations push: the listener, its limits, the broker."""

from pathlib import Path

from pydantic import Field

from stations.station import Declared


class Push(Declared):
    """How stations reach us, and how much of each is taken."""

    host: str = Field(default="127.0.0.1", description="address the stations' listener listens on")
    port: int = Field(default=8430, ge=0, le=65_535, description="its port")
    certificate: str = Field(default="", description="TLS certificate chain; needed on any other address")
    key: str = Field(default="", description="its key")
    connections: int = Field(default=1024, ge=1, description="connections at a time")
    connections_per_address: int = Field(default=64, ge=1, description="of these from one address")
    header_s: float = Field(default=10, gt=0, description="time for a request's head, and between requests")
    body_s: float = Field(default=30, gt=0, description="time for a request's body")
    record_bytes: int = Field(default=1 << 20, ge=1024, description="largest message of records")
    frame_bytes: int = Field(default=16 << 20, ge=1024, description="largest frame")
    frames: int = Field(default=8, ge=1, description="most frames in a message")
    per_second: float = Field(default=50, gt=0, description="files a station may send in the long run")
    burst: int = Field(default=500, ge=1, description="files it may send at once after a pause")
    waiting_bytes: int = Field(default=256 << 20, ge=1024, description="bytes under way from all stations")
    quarantine: int = Field(default=10_000, ge=1, description="open reasons in quarantine a station may have")
    future_s: float = Field(default=300, ge=0, description="how far a station's clock may run ahead")
    silent_s: float = Field(default=60, gt=0, description="how long a station may be silent")
    settle_s: float = Field(default=5, ge=0, description="how long loose frames are waited for")
    patience_s: float = Field(
        default=600, ge=0, description="how long frames named by a record are waited for"
    )
    broker: str = Field(default="", description="NATS servers with commas between; empty: no broker")
    broker_credentials: str = Field(default="", description="NATS credentials file (.creds)")

    def beside(self, folder: Path) -> "Push":
        """Return the settings with file names that start at `folder`."""
        names = ("certificate", "key", "broker_credentials")
        found = {name: str(folder / value) for name in names if (value := getattr(self, name))}
        return self.model_copy(update=found)
