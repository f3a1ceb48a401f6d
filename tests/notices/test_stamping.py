"""Time-stamps: an authority that answers, is away, lies in each way there is, or hangs."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import papers
import pytest
from asn1crypto import tsp
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from served import sound
from time_stamps import stamper

from notices.documents.issue import Office, hand_out
from notices.documents.kinds import DocumentKind
from notices.documents.register import on_record, register_rows, stamp_waiting
from notices.documents.render import RenderedDocument, Renderer
from notices.seal.authority import make_test_authority, make_test_seal
from notices.seal.clock import StampingAuthority
from notices.seal.error import SealError
from notices.seal.key import Seal, load_seal
from notices.seal.sealer import Sealer
from notices.seal.verify import Anchors, verify

Answer = Callable[[bytes], bytes]


class Authority:
    """A time-stamp authority of its own on loopback; `answer` says what it replies."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = outer.answer(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/stamp"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


HONEST, ROOT = stamper()
STRANGER, _ = stamper()


def answering(source: DummyTimeStamper, change: Callable[[tsp.TimeStampReq], object] = bool) -> Answer:
    def answer(query: bytes) -> bytes:
        request = tsp.TimeStampReq.load(query)
        change(request)
        return bytes(source.request_tsa_response(request).dump())

    return answer


def other_digest(request: tsp.TimeStampReq) -> None:
    request["message_imprint"]["hashed_message"] = b"\x01" * 32


def other_nonce(request: tsp.TimeStampReq) -> None:
    request["nonce"] = 7


@pytest.fixture
def authority() -> Iterator[Authority]:
    made = Authority(answering(HONEST))
    yield made
    made.stop()


@pytest.fixture
def rendered(renderer: Renderer) -> RenderedDocument:
    return renderer.render(papers.paper(DocumentKind.RECOGNITION))


def sealing(seal: Seal, url: str, timeout_s: float = 5.0) -> Sealer:
    return Sealer(seal, StampingAuthority(url, (ROOT,), timeout_s), clock=lambda: datetime.now(UTC))


@pytest.fixture(scope="session")
def todays_seal(tmp_path_factory: pytest.TempPathFactory) -> Seal:
    """Return a seal of today: an authority's clock can't be set to the other tests' day."""
    now, folder = datetime.now(UTC), tmp_path_factory.mktemp("today") / "浙江"
    make_test_seal(folder, papers.AGENCIES["浙江"].name, make_test_authority(now), now)
    return load_seal(folder)


def test_a_time_stamp_is_in_the_document(
    todays_seal: Seal, rendered: RenderedDocument, authority: Authority
) -> None:
    sealed = sealing(todays_seal, authority.url).seal(rendered)
    assert sealed.stamped_at is not None
    found = verify(sealed.pdf, Anchors(seals=todays_seal.roots, stamps=(ROOT,)), now=datetime.now(UTC)).seals[
        0
    ]
    assert (found.holds, found.stamp_holds, found.stamped_at) == (True, True, sealed.stamped_at)


def test_a_stamped_seal_outlives_its_certificate(
    todays_seal: Seal, rendered: RenderedDocument, authority: Authority
) -> None:
    sealed = sealing(todays_seal, authority.url).seal(rendered)
    later = datetime.now(UTC) + timedelta(days=3 * 365)
    assert verify(sealed.pdf, Anchors(seals=todays_seal.roots, stamps=(ROOT,)), now=later).holds


LONG_AGO, _ = stamper(datetime(2020, 1, 1, tzinfo=UTC))
LONG_AGO.tsa_cert, LONG_AGO.tsa_key = HONEST.tsa_cert, HONEST.tsa_key
LIES: dict[str, tuple[Answer, str]] = {
    "another digest": (answering(HONEST, other_digest), "the time-stamp is not of this document"),
    "another nonce": (answering(HONEST, other_nonce), "time-stamp refused"),
    "another authority": (answering(STRANGER), "leads to no trusted root"),
    "another time": (answering(LONG_AGO), "says 2020-01-01"),
    "no time-stamp": (lambda _: b"hello", "time-stamp refused"),
    "nothing": (lambda _: b"", "time-stamp refused"),
    "too much": (lambda _: b"x" * 70_000, "an answer of more than 65536 bytes"),
}


@pytest.mark.parametrize("lie", LIES)
def test_an_authority_that_lies_is_refused_with_the_reason(
    lie: str, todays_seal: Seal, rendered: RenderedDocument, authority: Authority
) -> None:
    authority.answer, told = LIES[lie]
    with pytest.raises(SealError, match="time-stamp refused") as caught:
        sealing(todays_seal, authority.url).seal(rendered)
    assert told in str(caught.value)


def test_an_authority_that_hangs_is_refused_in_time(
    todays_seal: Seal, rendered: RenderedDocument, authority: Authority
) -> None:
    release = threading.Event()
    authority.answer = lambda _: b"late" if release.wait(10) else b""
    started = time.monotonic()
    with pytest.raises(SealError, match=r"time-stamp refused: .*ReadTimeout"):
        sealing(todays_seal, authority.url, timeout_s=0.2).seal(rendered)
    assert time.monotonic() - started < 5
    release.set()


def test_while_the_authority_is_away_documents_are_sealed_and_stamped_later(
    office: Office,
    todays_seal: Seal,
    authority: Authority,
    new_case: Callable[[str], int],
) -> None:
    def office_with(url: str) -> Office:
        return Office(
            database=office.database,
            store=office.store,
            renderer=office.renderer,
            sealer=sealing(todays_seal, url),
        )

    paper = papers.paper(DocumentKind.RECOGNITION).model_copy(update={"act": None})
    issued = office_with("http://127.0.0.1:9/away").issue(paper, new_case("a"), papers.DAY)
    with office.database.write("test") as connection:
        left = hand_out(connection, issued.number, sound)
    anchors = Anchors(seals=todays_seal.roots, stamps=(ROOT,))
    assert verify(issued.path.read_bytes(), anchors, now=datetime.now(UTC)).seals[0].stamped_at is None
    stamped, problems = stamp_waiting(office_with("http://127.0.0.1:9/away"), "虚平交")
    assert (stamped, len(problems)) == (0, 1)
    assert stamp_waiting(office_with(authority.url), "虚平交") == (1, [])
    assert stamp_waiting(office_with(authority.url), "虚平交") == (0, [])
    with office.database.read() as connection:
        row = register_rows(connection)[0]
        # The copy that left before is as genuine as the stamped one.
        known = on_record(connection, left)
        assert known == on_record(connection, row["sha256"])
        assert on_record(connection, "0" * 64) is None
    assert known is not None
    assert known.document.endswith(issued.number)
    late = datetime.now(UTC) + timedelta(days=3 * 365)
    assert verify(office.store.path(left).read_bytes(), anchors, now=late, on_record=known).holds
    assert row["stamped_at"] is not None
    assert row["sha256"] != issued.sha256
    found = verify(office.store.path(row["sha256"]).read_bytes(), anchors, now=datetime.now(UTC)).seals[0]
    assert (found.holds, found.stamp_holds) == (True, True)
