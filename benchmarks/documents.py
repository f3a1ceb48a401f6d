"""Notices rendered, sealed and filed, beside rendering alone and sealing alone, and WeasyPrint where given.

`--peer PYTHON` names the interpreter of an environment that has WeasyPrint. It is no requirement of ours:
it needs Pango of the system.
"""

import argparse
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from runner import RESULTS, Case, machine, per_row, ratio_line, time_lines, times_s
from sqlalchemy import func, insert, select

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

import papers

from models.database import Database
from models.files import FileStore
from models.tables import Case as CaseRow
from notices.documents.issue import Office
from notices.documents.kinds import DocumentKind
from notices.documents.numbers import Wanted, reserve
from notices.documents.parts import Act
from notices.documents.render import RenderedDocument, Renderer
from notices.seal.authority import make_test_authority, make_test_seal
from notices.seal.key import load_seal
from notices.seal.sealer import Sealer

KIND = DocumentKind.VIOLATION_NOTICE
PAPER = papers.paper(KIND).model_copy(update={"act": None})


class Bench:
    """An office whose database and files grow with each round, as an agency's do."""

    def __init__(self, folder: Path, count: int) -> None:
        """Make seal, renderer and two databases, one for numbers alone; `count` notices a round."""
        self.count, self.held = count, Held()
        now = datetime.now(UTC)
        make_test_seal(folder / "seal", papers.AGENCIES["浙江"].name, make_test_authority(now), now)
        self.sealer = Sealer(load_seal(folder / "seal"))
        self.renderer = Renderer("https://verify.example.invalid/d", papers.FRAMES.__getitem__)
        self.office, self.numbers = (self.new_office(folder / name) for name in ("office", "numbers"))
        self.new_papers()
        self.rendered: list[RenderedDocument] = [self.renderer.render(one) for one in self.numbered[:50]]

    def new_office(self, folder: Path) -> Office:
        """Return an office with an empty database."""
        database = Database(f"sqlite:///{folder}/bench.sqlite")
        store = FileStore(folder / "documents")
        return Office(database=database, store=store, renderer=self.renderer, sealer=self.sealer)

    def new_cases(self, office: Office) -> None:
        """Add as many cases as notices."""
        with office.database.write("bench") as connection:
            before = connection.scalar(select(func.max(CaseRow.id))) or 0
            rows = [{"number": str(before + n), "station_id": "x", "passed_at": 0} for n in range(self.count)]
            connection.execute(insert(CaseRow), rows)
        self.cases = range(before + 1, before + self.count + 1)

    def issue(self) -> None:
        """Issue a notice for each new case."""
        for case_id in self.cases:
            paper = PAPER.model_copy(update={"case_number": f"case-{case_id}"})
            self.office.issue(paper, case_id, papers.DAY)
        self.held.look(self.cases[-1])

    def new_papers(self) -> None:
        """Make as many papers with codes never used before: what was laid out once costs less again."""
        self.numbered = [
            PAPER.model_copy(update={"case_number": f"case-{number}"}).numbered(
                Act(number=f"虚〔2026〕{number}号", code=secrets.token_hex(8).upper(), issued_on=papers.DAY)
            )
            for number in range(self.count)
        ]

    def render(self) -> None:
        """Render as many, and keep none."""
        for one in self.numbered:
            self.renderer.render(one)

    def seal(self) -> None:
        """Seal as many that were rendered before."""
        for number in range(self.count):
            self.sealer.seal(self.rendered[number % len(self.rendered)])

    def number(self) -> None:
        """Take as many numbers."""
        for case_id in self.cases:
            wanted = Wanted(agency="虚", kind=KIND, case_id=case_id)
            with self.numbers.database.write("bench") as connection:
                reserve(connection, wanted, papers.DAY)


class Held:
    """Memory of the process as notices are issued; what is timed beside them is in it too."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.mib: dict[int, float] = {}

    def look(self, issued: int) -> None:
        """Note what is held now."""
        status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        self.mib[issued] = next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024

    def line(self) -> str:
        """Say it by notices issued."""
        told = ", ".join(f"{issued}: {mib:.0f}" for issued, mib in self.mib.items())
        return f"memory after notices, MiB: {told}"


class Cpu:
    """Processor time of what is run, which other programs on the machine disturb less than the clock's."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.seconds: dict[str, list[float]] = {}

    def timed(self, name: str, run: Callable[[], object]) -> Callable[[], None]:
        """Return a run that is noted under a name."""

        def noted() -> None:
            start = time.process_time()
            run()
            self.seconds.setdefault(name, []).append(time.process_time() - start)

        return noted

    def line(self, rows: int) -> str:
        """Say the medians for one notice and the ratio, the first round left out."""
        rounds = {name: seconds[1:] for name, seconds in self.seconds.items()}
        bound = [one + other for one, other in zip(rounds["render"], rounds["seal"], strict=True)]
        each = {name: statistics.median(one) / rows * 1e3 for name, one in rounds.items()}
        told = ", ".join(f"{name} {taken_ms:.1f} ms" for name, taken_ms in each.items())
        words = f"processor time a notice: {told}; whole over bound"
        return ratio_line(words, rounds["whole"], bound, "at most 1.25")


def main() -> None:
    """Time all alternately, and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200, help="notices a round")
    parser.add_argument("--repeats", type=int, default=3, help="rounds that count")
    parser.add_argument("--peer", help="interpreter of an environment with WeasyPrint")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), given.rows)
        cpu, rows = Cpu(), given.rows
        whole_run, render_run = cpu.timed("whole", bench.issue), cpu.timed("render", bench.render)
        cases = [
            Case(
                name="render, seal and file",
                run=whole_run,
                rows=rows,
                prepare=partial(bench.new_cases, bench.office),
            ),
            Case(name="render alone", run=render_run, rows=rows, prepare=bench.new_papers),
            Case(name="seal alone", run=cpu.timed("seal", bench.seal), rows=rows),
            Case(
                name="number alone",
                run=bench.number,
                rows=rows,
                prepare=partial(bench.new_cases, bench.numbers),
            ),
        ]
        if given.peer:
            page = Path(folder) / "notice.html"
            page.write_text(as_html(), encoding="utf-8")
            few = max(given.rows // 50, 5)
            run = partial(peer, given.peer, page, few)
            cases.append(Case(name="WeasyPrint, render alone", run=run, rows=few))
        seconds = times_s(cases, given.repeats)
        whole, render, seal, _, *weasy = per_row(cases, seconds)
        bound = [one + other for one, other in zip(render, seal, strict=True)]
        lines = time_lines(cases, seconds)
        lines.append(ratio_line("whole over render + seal", whole, bound, "at most 1.25"))
        lines.append(cpu.line(given.rows))
        if given.peer:
            lines.append(ratio_line("WeasyPrint over our rendering", weasy[0], render, "none"))
        else:
            lines.append("WeasyPrint not measured: no --peer names an environment that has it")
        lines.append(bench.held.line())
    keep(given.rows, given.repeats, [*lines, *machine(("typst", "pyhanko", "sqlalchemy", "pillow"))])


def as_html() -> str:
    """Return the notice as a page for the peer: the same words and faces."""
    words = Renderer.words(papers.paper(KIND))
    rows = "".join(
        f"<tr><td>{one['what']}</td><td>{one['working']}</td><td>{one['article']}</td></tr>"
        for one in words["calculation"]["steps"]
    )
    text = "".join(f"<p>{one}</p>" for one in _texts(words))
    style = "body{font-family:'Noto Serif SC','Noto Serif CJK SC';font-size:12pt} td{border:1px solid}"
    return f"<html lang=zh><style>{style}</style><h1>{words['title']}</h1>{text}<table>{rows}</table></html>"


def _texts(value: object) -> list[str]:
    match value:
        case dict():
            return [text for one in value.values() for text in _texts(one)]
        case list() | tuple():
            return [text for one in value for text in _texts(one)]
        case str():
            return [value]
        case _:
            return []


def peer(interpreter: str, page: Path, count: int) -> None:
    """Render the page `count` times with WeasyPrint, in one process of its environment."""
    program = f"import weasyprint\nfor _ in range({count}): weasyprint.HTML({str(page)!r}).write_pdf()"
    subprocess.run([interpreter, "-c", program], check=True)  # noqa: S603 (the interpreter that was named)


def keep(rows: int, repeats: int, lines: list[str]) -> None:
    """Print the result and write it as text."""
    today = datetime.now(UTC).date()
    issued = rows * (repeats + 1)
    head = f"documents: {issued} notices in {repeats + 1} rounds of {rows} ({repeats} count), {today}"
    text = "\n".join([head, *lines, ""])
    (RESULTS / f"documents-{issued}-made-{today}.txt").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
