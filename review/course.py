"""The course of a case after its notice: what was served, what the party filed, and what it was answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from models.values.service import Answer, Channel, DefenceKind, Mitigation, Outcome
from models.vault import Vault, VaultError
from notices.documents.kinds import DocumentKind
from notices.service.answers import ANSWERS
from notices.service.attempt_rows import list_attempts
from notices.service.defence import answerable, defences, opened
from notices.service.enclosed import enclosed

UNREADABLE = "（内容无法解密，请告知系统管理员）"


@dataclass(frozen=True, slots=True, kw_only=True)
class DefenceSheet:
    """One statement or request: what the party wrote, what may be answered now."""

    row: Any
    kind: DefenceKind
    text: str
    name: str
    contact: str
    answered: Answer | None
    may_answer: tuple[Answer, ...]
    enclosed: Sequence[Any] = ()
    grounds: tuple[Mitigation, ...] = tuple(Mitigation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What the case page shows of service and defence; `may_file` is what may be taken down on paper."""

    attempts: Sequence[Mapping[str, Any]]
    defences: tuple[DefenceSheet, ...]
    may_file: frozenset[DefenceKind] = frozenset()


def course_of(connection: Connection, vault: Vault | None, case_id: int, number: str) -> Course:
    """Return the course of a case; without the keys what the party wrote stays closed."""
    attempts = [
        one
        | {
            "title": DocumentKind(one["kind"]).label,
            "by": Channel(one["channel"]).label,
            "came": Outcome(one["outcome"]).label if one["outcome"] else "尚无结果",
        }
        for one in list_attempts(connection, number)
    ]
    rows = defences(connection, case_id=case_id)
    files = enclosed(connection, case_id) if rows else {}
    return Course(
        attempts=attempts,
        defences=tuple(_sheet(vault, row, files.get(row.id, ())) for row in rows),
        may_file=frozenset(one for one in DefenceKind if answerable(connection, case_id, one) is not None),
    )


def _sheet(vault: Vault | None, row: Row[Any], files: Sequence[Any]) -> DefenceSheet:
    kind, answered = DefenceKind(row.kind), Answer(row.answer) if row.answer else None
    try:
        words = opened(vault, row) if vault else {}
    except VaultError:
        words = {}
    fixed = answered is Answer.HEARING_FIXED
    open_ones = [
        one for one in Answer if one in ANSWERS[kind] and (one is not Answer.HEARING_FIXED or not fixed)
    ]
    return DefenceSheet(
        row=row,
        kind=kind,
        text=words.get("text", UNREADABLE),
        name=words.get("name", ""),
        contact=words.get("contact", ""),
        answered=answered,
        enclosed=files,
        may_answer=() if answered is not None and answered.settles else tuple(open_ones),
    )
