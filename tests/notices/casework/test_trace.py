"""One truck is followed from the record that a station pushes to its notice and the partner's grant."""

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import papers
import pytest
from case_desks import DAY_MS, TO_FILED, TO_STATEMENT, CaseDesk, Desks, made_act
from fake_reader import frame_bytes
from nights import Night
from pushing import NOW_MS, Pushing, upload
from typer.testing import CliRunner

from models import edges
from models.files import FileStore
from models.trace import trace_of, traced
from models.values.states import Standing
from notices.documents.issue import Office
from notices.documents.kinds import DocumentKind
from notices.documents.paper import Paper
from notices.documents.render import RenderedDocument, Renderer, RenderError
from notices.seal.sealer import Sealer
from pipeline.stream import StreamRun
from stations.station import Station
from zhichao import logs
from zhichao.cli import app

SERIAL, FRAME = "330482A01-0001", "0001.png"
OF_TRANSACTIONS = {
    "record.taken",
    "passage.flagged",
    "case.opened",
    "case.moved",
    "exchange.said",
    "exchange.heard",
}
TRACE = trace_of("test-1", NOW_MS - 2000, SERIAL)


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Collect the log as `log_format = "json"` writes it."""
    root, stderr = logging.getLogger(), sys.stderr
    before, level = root.handlers, root.level
    sys.stderr = io.StringIO()
    try:
        logs.set_up(as_json=True)
        yield sys.stderr
    finally:
        sys.stderr, root.handlers = stderr, before
        root.setLevel(level)


class Commits:
    """What the log was told between the moments before and after each commit, and the rest."""

    def __init__(self, lines: io.StringIO) -> None:
        self.lines, self.told, self.within = lines, 0, {True: "", False: ""}

    def passed(self, edge: str) -> None:
        text = self.lines.getvalue()
        self.within[edge.endswith(": after commit")] += text[self.told :]
        self.told = len(text)

    def events(self, *, within: bool) -> set[str]:
        return {json.loads(line)["event"] for line in self.within[within].splitlines()} & OF_TRANSACTIONS


def pushed_and_opened(desk: CaseDesk, folder: Path, station: Station) -> str:
    """Push a record and its frame over HTTP, let the stream judge, and return the case that it opens."""
    database = desk.agency.database
    pushing = Pushing(folder, database, station)
    assert pushing.records(upload("0001", gross_kg=62_000, frontImage=FRAME)).status_code == 200
    assert pushing.frames((FRAME, frame_bytes(11))).status_code == 200
    night = Night(folder, station, database.url)
    night.say(Standing.WATCHED, 1)
    StreamRun(night=night.run_all, settle_ms=0, patience_ms=0).round([station])
    (case,) = night.cases()
    night.database.close()
    return str(case["case"])


def filed(desks: Desks, number: str) -> None:
    """Take the case through both reviews; the partner grants its claim; then on to the statement."""
    desks.turn_clocks(NOW_MS + DAY_MS)
    desks.pinghu.acts[number] = made_act(passed_ms=NOW_MS, gross_kg=62_000, fine_fen=100_000)
    desks.pinghu.step(number, *TO_FILED)
    desks.heal()
    desks.pinghu.step(number, *TO_STATEMENT)


def noticed(desk: CaseDesk, number: str, folder: Path, renderer: Renderer, sealer: Sealer) -> str:
    """Issue the notice, and return its number."""
    office = Office(database=desk.agency.database, store=FileStore(folder), renderer=renderer, sealer=sealer)
    paper = papers.paper(DocumentKind.VIOLATION_NOTICE).model_copy(update={"act": None})
    return office.issue(paper, desk.life(number).case_id, papers.DAY).number


def test_one_truck_from_its_record_to_its_notice(
    desks: Desks,
    tmp_path: Path,
    make_station: Callable[..., Station],
    renderer: Renderer,
    sealer: Sealer,
    lines: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commits = Commits(lines)
    monkeypatch.setattr(edges, "listener", commits.passed)
    station = make_station(format="station_upload", code="330482A01")
    number = pushed_and_opened(desks.pinghu, tmp_path, station)
    filed(desks, number)
    # What a transaction does is told by its commit, and never before.
    assert (commits.events(within=True), commits.events(within=False)) == (OF_TRANSACTIONS, set())
    document = noticed(desks.pinghu, number, tmp_path / "documents", renderer, sealer)

    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    ours = [line["event"] for line in told if line.get("trace") == TRACE]
    course = [
        "record.taken",
        "passage.flagged",
        "case.opened",
        "case.moved",
        "exchange.said",
        "document.issued",
    ]
    assert [event for event in dict.fromkeys(ours) if event in course] == course
    grant = f"grant/平湖:{number}/1"
    assert [line["event"] for line in told if line.get("trace") == TRACE and line.get("id") == grant] == [
        "exchange.heard"
    ]
    # No line names the vehicle.
    assert "浙Z" not in lines.getvalue()

    config = tmp_path / "config.toml"
    config.write_text(f'database_url = "{desks.pinghu.agency.database.url}"\n', encoding="utf-8")
    whole = CliRunner().invoke(app, ["trace", TRACE, "--json", "--config", str(config)])
    assert whole.exit_code == 0, whole.output
    steps = [json.loads(line) for line in whole.stdout.splitlines()]
    assert [step["at"] for step in steps] == sorted(step["at"] for step in steps)
    said = "\n".join(f"{step['what']} {step['says']}" for step in steps)
    for word in (TRACE, "http", "立案", document, f"claim/平湖:{number}/1", grant):
        assert word in said, word
    # Stations and cameras name their files, and may put a plate into the name.
    assert FRAME not in said
    assert ".json" not in said
    # A case and a document lead to the same.
    for name in (number, document):
        assert (
            CliRunner().invoke(app, ["trace", name, "--json", "--config", str(config)]).stdout == whole.stdout
        )
    assert CliRunner().invoke(app, ["trace", "test-1/1/00000000", "--config", str(config)]).exit_code == 2


class NoPaper(Renderer):
    """A renderer that is out of order."""

    def render(self, paper: Paper) -> RenderedDocument:
        raise RenderError(f"{paper.kind}: out of order")


def test_what_is_refused_names_the_truck(
    desks: Desks, tmp_path: Path, make_station: Callable[..., Station], sealer: Sealer, lines: io.StringIO
) -> None:
    station = make_station(format="station_upload", code="330482A01")
    number = pushed_and_opened(desks.pinghu, tmp_path, station)
    renderer = NoPaper("https://verify.example.invalid", papers.FRAMES.__getitem__)
    with pytest.raises(RenderError):
        noticed(desks.pinghu, number, tmp_path / "documents", renderer, sealer)
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [line["trace"] for line in told if line["event"] == "document.refused"] == [TRACE]


def test_the_trace_ends_with_its_block(lines: io.StringIO) -> None:
    logger = logging.getLogger("test")
    with traced("a/1/b"):
        logger.info("within")
        with traced(""):
            logger.info("still")
    logger.info("after")
    assert [json.loads(line).get("trace") for line in lines.getvalue().splitlines()] == [
        "a/1/b",
        "a/1/b",
        None,
    ]
