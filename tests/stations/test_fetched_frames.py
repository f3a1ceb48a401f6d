import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from fake_reader import frame_bytes
from taken import UPLOAD, count

from models.tables import Frame
from stations import download
from stations.intake import Intake
from stations.station import Station


class Pictures(BaseHTTPRequestHandler):
    """Answers for a few paths, counting what it was asked."""

    asked: list[str] = []  # noqa: RUF012 (shared on purpose)

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path == "/moved.png":
            self.send_response(302)
            self.send_header("Location", "/a.png")
            self.end_headers()
            return
        body = {"/a.png": frame_bytes(9), "/text.png": b"hello"}.get(self.path)
        if self.path == "/bomb.png":
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(gzip.compress(bytes(1 << 20)))
            return
        if self.path == "/slow.png":
            try:
                for _ in range(100):
                    self.wfile.write(b"HTTP/1.0 200 OK\r\n" if _ == 0 else b"X-Drip: 1\r\n")
                    time.sleep(0.1)
            except ConnectionError:
                return
            return
        if self.path == "/endless.png":
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(2000):
                    self.wfile.write(bytes(1 << 20))
            except ConnectionError:
                return
            return
        self.send_response(200 if body else 404)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
        pass


@pytest.fixture
def pictures() -> Iterator[str]:
    Pictures.asked.clear()
    server = HTTPServer(("127.0.0.1", 0), Pictures)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def _with_image(inbox: Path, url: str) -> Path:
    path = inbox / "a.json"
    path.write_text(json.dumps(UPLOAD | {"previewCode": "S1", "frontImage": url}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "url", ["http://[", "http://127.0.0.1:1/a\x7f.png", "https://user:pass@127.0.0.1/a.png"]
)
def test_an_address_that_is_none_stops_nothing(
    url: str, taking: Intake, inbox: Path, make_station: Callable[..., Station]
) -> None:
    station = make_station(format="station_upload", code="S", image_hosts=("127.0.0.1:1",))
    report = taking.take(station, [_with_image(inbox, url)], remove=True)
    assert (report.rows_new, report.frames_awaited) == (1, 1)


def test_a_host_that_fails_is_left_alone_for_a_while(
    taking: Intake, inbox: Path, make_station: Callable[..., Station], pictures: str
) -> None:
    station = make_station(format="station_upload", code="S", image_hosts=(pictures,))
    records = [
        UPLOAD | {"previewCode": f"S{n}", "frontImage": f"http://{pictures}/gone-{n}.png"} for n in range(9)
    ]
    (inbox / "a.json").write_text(json.dumps(records), encoding="utf-8")
    assert taking.take(station, [inbox / "a.json"], remove=True).frames_awaited == 9
    assert len(Pictures.asked) == 3


def test_a_frame_is_fetched_from_an_allowed_host(
    taking: Intake, inbox: Path, make_station: Callable[..., Station], pictures: str
) -> None:
    station = make_station(format="station_upload", code="S", image_hosts=(pictures,))
    path = _with_image(inbox, f"http://{pictures}/a.png")
    report = taking.take(station, [path], remove=True)
    assert report.messages == []
    assert count(taking.database, Frame) == 1
    taking.retry(station)
    assert Pictures.asked == ["/a.png"]


@pytest.mark.parametrize(
    ("path", "allowed", "reason"),
    [
        ("/a.png", False, "is not among the station's image_hosts"),
        ("/moved.png", True, "expected status 200, got 302"),
        ("/gone.png", True, "expected status 200, got 404"),
        ("/text.png", True, "no image"),
        ("/endless.png", True, "larger than 64 MiB"),
        ("/bomb.png", True, "expected bytes as they are, got 'gzip'"),
        ("/slow.png", True, "took longer than 1 s"),
    ],
)
def test_a_frame_that_may_not_or_cannot_be_fetched_is_told_and_tried_again(
    path: str,
    allowed: bool,
    reason: str,
    taking: Intake,
    inbox: Path,
    make_station: Callable[..., Station],
    pictures: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(download, "TIMEOUT_S", 1.0 if path == "/slow.png" else 10.0)
    station = make_station(format="station_upload", code="S", image_hosts=(pictures,) if allowed else ())
    report = taking.take(station, [_with_image(inbox, f"http://{pictures}{path}")], remove=True)
    assert report.frames_awaited == 1
    assert reason in report.messages[0]
    assert report.rows_new == 1
    assert Pictures.asked == ([path] if allowed else [])
    assert taking.retry(station).frames_awaited == 1
