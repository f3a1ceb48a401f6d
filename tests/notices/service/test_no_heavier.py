"""A defence makes no penalty heavier (行政处罚法 art. 45), in whatever order: the database holds it."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from served import Counter, sound
from sqlalchemy import select, update
from sqlalchemy.exc import DatabaseError

from models.database import Database
from models.document_tables import Document
from models.values.service import DefenceKind
from models.values.timeline import to_ms
from notices.documents.issue import hand_out
from notices.documents.kinds import DocumentKind
from notices.documents.numbers import void
from notices.service.defence import Filing, file_defence

numbers = count(1)
N, D = DocumentKind.VIOLATION_NOTICE, DocumentKind.DECISION
amounts = st.sampled_from([0, 50_000, 100_000, 3_000_000])
acts = st.one_of(
    st.tuples(st.just("notice"), amounts, st.booleans()),
    st.tuples(st.just("decision"), amounts, st.booleans()),
    st.tuples(st.sampled_from(["defend", "void"]), st.integers(0, 3), st.booleans()),
)


def seal(counter: Counter, case_id: int, kind: DocumentKind, amount: int, copy: int, *, late: bool) -> bool:
    """Seal a document, at once or after it was numbered; tell whether the database let it be."""
    try:
        number = counter.document(
            case_id, kind, amount_fen=amount, copy=copy, state="reserved" if late else "sealed"
        )
        if late:
            with counter.database.write("test") as connection:
                row = {"sha256": f"{copy:064}", "sealed_by": "x", "certificate": "d" * 64, "sealed_at": 0}
                sealing = update(Document).where(Document.number == number)
                connection.execute(sealing.values(state="sealed", amount_fen=amount, **row))
        with counter.database.write("test") as connection:
            hand_out(connection, number, sound)
    except DatabaseError as error:
        if "no heavier penalty" not in str(error):
            raise
        return False
    return True


@pytest.fixture
def make(database: Database, tmp_path: Path) -> Callable[[], Counter]:
    return lambda: Counter(database, tmp_path)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(acts, min_size=2, max_size=8))
def test_no_order_of_notices_defences_and_decisions_ends_heavier(
    make: Callable[[], Counter], history: list[tuple[str, int, bool]]
) -> None:
    counter = make()
    case_id = counter.case(f"case-{next(numbers)}", N)
    told: list[tuple[str, int, bool]] = []  # number, amount, whether it stands
    defended = False
    for copy, (act, value, flag) in enumerate(history, start=1):
        if act == "defend" and told:
            defended = _defend(counter, told[value % len(told)][0]) or defended
        elif act == "void" and told:
            place = value % len(told)
            number, amount, stands = told[place]
            if stands:
                with counter.database.write("test") as connection:
                    void(connection, number, "x")
                told[place] = (number, amount, False)
        elif act in {"notice", "decision"}:
            kind = N if act == "notice" else D
            binding = [amount for _, amount, stands in told if stands or defended]
            heavier = bool(binding) and value > min(binding)
            allowed = not heavier or (kind is N and not defended)
            assert seal(counter, case_id, kind, value, copy, late=flag) == allowed, (history, copy)
            if allowed and kind is N:
                told.append((f"虚{kind.mark}〔2026〕{case_id}-{copy}号", value, True))


def _defend(counter: Counter, number: str) -> bool:
    filing = Filing(kind=DefenceKind.STATEMENT, text=number, name="x")
    with counter.database.write("test") as connection:
        document_id = connection.scalar(select(Document.id).where(Document.number == number))
        assert document_id is not None
        file_defence(connection, counter.desk.vault, document_id, filing, at_ms=to_ms(counter.now))
    return True
