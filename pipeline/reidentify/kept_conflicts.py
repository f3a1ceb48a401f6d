"""Conflicts of plates as they are kept: versions are appended, and the last one stands."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, func, select
from sqlalchemy.orm import aliased

from models import audit, leases
from models.errors import MisuseError, NotDoneError
from models.inserts import insert_new, insert_new_id
from models.reidentify_tables import PlateConflict
from models.tables import Passage
from models.values.office import Action, Actor
from pipeline.reidentify.conflicts import RULES

NO_LONGER = "按现行规则和后来收到的记录，已不作为线索"
GONE = "该号牌冲突已经核查、撤回或者更新，请刷新后再看"
SAID = ("plate", "passage_id", "other_passage_id", "kind", "sentence")


def last() -> ColumnElement[bool]:
    """Return the condition that no later row tells of the same conflict."""
    newer = aliased(PlateConflict)
    return ~exists().where(
        newer.passage_id == PlateConflict.passage_id,
        newer.other_passage_id == PlateConflict.other_passage_id,
        newer.kind == PlateConflict.kind,
        newer.number > PlateConflict.number,
    )


def standing() -> ColumnElement[bool]:
    """Return the condition of a conflict that nothing and nobody has taken back."""
    return last() & (PlateConflict.withdrawn == "")


def keep_conflicts(
    connection: Connection,
    of_day: ColumnElement[bool],
    found: Sequence[Mapping[str, Any]],
    compared: Collection[int],
) -> int:
    """Keep what was `found` of a day's passages, rows with the columns of `SAID`; return how many are new.

    What was told and isn't found any more, by other rules or later records, is taken back if its earlier
    passage is among those `compared`, by id: what left the fleet says nothing. What a person closed stays so.
    """
    kept = select(PlateConflict).join(Passage, Passage.id == PlateConflict.passage_id)
    held = {_key(row._asdict()): row for row in connection.execute(kept.where(of_day, last()))}
    told = {_key(row): row for row in found}
    now, before = leases.now_ms(connection), _count(connection)
    rows = [
        _version(row, held.get(key), now)
        for key, row in told.items()
        if key not in held or (not held[key].actor and (held[key].withdrawn or held[key].rules != RULES))
    ]
    rows += [
        _version(row._asdict(), row, now, withdrawn=NO_LONGER)
        for key, row in held.items()
        if key not in told and not row.withdrawn and row.other_passage_id in compared
    ]
    if rows:
        connection.execute(insert_new(connection, PlateConflict), rows)
    return _count(connection) - before


def close(connection: Connection, conflict_id: int, reason: str, actor: Actor, at_ms: int) -> None:
    """Close a conflict, checked and no clone, with its entry in the audit log; no later night opens it again.

    Raises:
        MisuseError: no reason is given.
        NotDoneError: it doesn't stand, or was told anew since.

    """
    if not reason.strip():
        raise MisuseError("请填写理由")
    row = connection.execute(select(PlateConflict).where(PlateConflict.id == conflict_id, standing())).first()
    if row is None:
        raise NotDoneError(GONE)
    closed = _version(row._asdict(), row, leases.now_ms(connection), withdrawn=reason.strip())
    kept = connection.execute(insert_new_id(connection, PlateConflict), closed | {"actor": actor.name})
    if kept.first() is None:
        raise NotDoneError(GONE)
    detail = {"plate": row.plate, "other": row.other_passage_id, "kind": row.kind, "reason": reason.strip()}
    audit.append(
        connection, actor, Action.CLONE_CHECKED, f"passage/{row.passage_id}", at_ms=at_ms, detail=detail
    )


def _version(said: Mapping[str, Any], held: Any, now: int, *, withdrawn: str = "") -> dict[str, Any]:  # noqa: ANN401 (a row)
    number = held.number + 1 if held is not None else 1
    version = {"number": number, "withdrawn": withdrawn, "actor": "", "found_at": now, "rules": RULES}
    return {name: said[name] for name in SAID} | version


def _key(row: Mapping[str, Any]) -> tuple[int, int, str]:
    return row["passage_id"], row["other_passage_id"], row["kind"]


def _count(connection: Connection) -> int:
    first = PlateConflict.number == 1
    return connection.scalar(select(func.count()).select_from(PlateConflict).where(first)) or 0
