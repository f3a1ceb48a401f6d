"""A case whose party defends itself: what it files, what officers answer, where the case stands then."""

from desk import Desk
from served import Counter
from sqlalchemy import select

from models.case_life import life_of
from models.document_tables import Document
from models.values.service import DefenceKind
from models.values.timeline import to_ms
from models.vault import Vault
from notices.documents.kinds import DocumentKind
from notices.service.defence import Filing, file_defence

VAULT = Vault([b"k" * 32])
NUMBER = "case-1"


def filed(counter: Counter, kind: DefenceKind = DefenceKind.STATEMENT, text: str = "并线，请复核") -> str:
    with counter.database.write("test") as connection:
        answered = select(Document.id).where(Document.kind != DocumentKind.HEARING_NOTICE.value)
        document_id = connection.scalar(answered.order_by(Document.id.desc()))
        assert document_id is not None
        filing = Filing(kind=kind, text=text, name="虚构物流有限公司")
        return file_defence(connection, VAULT, document_id, filing, at_ms=to_ms(counter.now))


def state(counter: Counter) -> str:
    with counter.database.read() as connection:
        return str(life_of(connection, NUMBER).state)


def answered(one: Desk, receipt: str, answer: str, **more: object) -> int:
    form = {"receipt": receipt, "answer": answer, "reason": "复核"} | more
    return one.post(f"/cases/{NUMBER}/defence", **form).status_code
