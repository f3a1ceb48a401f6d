"""What a party handed in beside its words: stored by digest, listed with its statement, never changed."""

import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from models import audit
from models.defence_tables import Defence, DefenceEnclosure
from models.files import FileStore
from models.inserts import insert_new
from models.tables import Case
from models.values.office import PROGRAM, Action, Actor
from notices.service.enclosures import Enclosure, EnclosureError

MOST_FILES = 5


def enclose(
    connection: Connection,
    store: FileStore,
    receipt: str,
    files: Sequence[Enclosure],
    *,
    actor: Actor = PROGRAM,
    at_ms: int,
) -> None:
    """Keep files with a statement or request; one that came before changes nothing.

    Raises:
        EnclosureError: more files than a statement may have.

    """
    if not files:
        return
    row = connection.execute(
        select(Defence.id, Case.number)
        .join(Case, Case.id == Defence.case_id)
        .where(Defence.receipt == receipt)
    ).one()
    new = list[str]()
    for one in files:
        values = {
            "defence_id": row.id,
            "sha256": store.put(io.BytesIO(one.content)).sha256,
            "media_type": one.media_type,
            "size_bytes": len(one.content),
            "at": at_ms,
        }
        made = insert_new(connection, DefenceEnclosure).values(values).returning(DefenceEnclosure.sha256)
        new += connection.scalars(made).all()
    count = select(func.count()).where(DefenceEnclosure.defence_id == row.id)
    if (connection.scalar(count) or 0) > MOST_FILES:
        raise EnclosureError(f"一份陈述申辩最多附{MOST_FILES}个文件，其余请邮寄或者当面提交")
    if new:
        detail = {"receipt": receipt, "enclosed": new}
        audit.append(connection, actor, Action.DEFENCE, row.number, at_ms=at_ms, detail=detail)


def enclosed(connection: Connection, case_id: int) -> Mapping[int, list[Row[Any]]]:
    """Return the files of a case's statements by the id of the statement, in the order they came."""
    rows = connection.execute(
        select(*DefenceEnclosure.__table__.columns)
        .join(Defence, Defence.id == DefenceEnclosure.defence_id)
        .where(Defence.case_id == case_id)
        .order_by(DefenceEnclosure.id)
    )
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.defence_id].append(row)
    return found
