"""Offices in processes of their own, that are killed where a test says."""

import multiprocessing
import os
import signal
from collections import Counter
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import papers
from faults import PRELOADED
from sqlalchemy import select

from models import edges
from models.database import Database
from models.files import FileStore
from models.tables import Case
from notices.documents.issue import Issued, Office
from notices.documents.kinds import DocumentKind
from notices.documents.numbers import Wanted, reserve
from notices.documents.render import Renderer
from notices.seal.key import load_seal
from notices.seal.sealer import Sealer

KIND = DocumentKind.RECOGNITION
DieAt = tuple[str, int] | None


def listen_for(die_at: DieAt) -> None:
    """Die the nth time that the process passes the edge."""
    passes: Counter[str] = Counter()

    def listen(edge: str) -> None:
        passes[edge] += 1
        if die_at == (edge, passes[edge]):
            os.kill(os.getpid(), signal.SIGKILL)

    edges.listener = listen


def take_numbers(url: str, cases: list[str], die_at: DieAt) -> None:
    """Take a number for each case, a transaction each."""
    listen_for(die_at)
    database = Database(url)
    for case in cases:
        with database.write("document.numbered") as connection:
            case_id = connection.scalar(select(Case.id).where(Case.number == case))
            assert case_id is not None
            reserve(connection, Wanted(agency="虚", kind=KIND, case_id=case_id), papers.DAY)
    database.close()


def issue_one(url: str, folder: Path, seal_folder: Path, case_id: int, die_at: DieAt = None) -> Issued:
    """Issue one document."""
    listen_for(die_at)
    database = Database(url)
    office = Office(
        database=database,
        store=FileStore(folder),
        renderer=Renderer("https://verify.example.invalid/d", papers.FRAMES.__getitem__),
        sealer=Sealer(load_seal(seal_folder), clock=lambda: papers.SEALED_AT),
    )
    paper = papers.paper(KIND).model_copy(update={"act": None})
    issued = office.issue(paper, case_id, papers.DAY)
    database.close()
    return issued


def start(target: object, *given: object) -> ForkServerProcess:
    """Start a process."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    process = context.Process(target=target, args=given, daemon=True)  # type: ignore[arg-type]
    process.start()
    return process
