"""Where a party is reached: appended, under seal, the latest of a case counts."""

import io
import json
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from models import audit
from models.errors import NotDoneError
from models.files import FileStore
from models.service_tables import ServiceContact
from models.tables import Case
from models.values.office import Action, Actor
from models.vault import Vault
from notices.service.carriers import Contact


class ContactError(NotDoneError):
    """A contact can't be kept; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownContact:
    """A contact with its row; `consent` says that electronic service was agreed to in writing."""

    contact_id: int
    contact: Contact
    consent: bool


def keep_contact(
    connection: Connection,
    vault: Vault,
    case_id: int,
    contact: Contact,
    *,
    confirmation_sha256: str = "",
    actor: Actor,
    at_ms: int,
) -> int:
    """Keep where the party is reached; `confirmation_sha256` is the signed 送达地址确认书 in the store.

    Raises:
        ContactError: no name, or an e-mail address or telephone number that is none.

    """
    check_contact(contact)
    sealed = vault.seal(json.dumps(asdict(contact), ensure_ascii=False), seal_place(case_id))
    made = insert(ServiceContact).values(
        case_id=case_id,
        at=at_ms,
        officer_id=actor.officer_id,
        electronic=bool(confirmation_sha256),
        confirmation_sha256=confirmation_sha256,
        sealed=sealed,
        key_id=vault.key_id,
    )
    contact_id = int(connection.execute(made.returning(ServiceContact.id)).scalar_one())
    number = str(connection.scalar(select(Case.number).where(Case.id == case_id)))
    detail = {"contact": contact_id, "confirmation": confirmation_sha256}
    audit.append(connection, actor, Action.SERVICE, number, at_ms=at_ms, detail=detail)
    return contact_id


def contact_of(connection: Connection, vault: Vault, case_id: int) -> KnownContact | None:
    """Return the latest contact of a case, None where there is none."""
    row = connection.execute(
        select(ServiceContact)
        .where(ServiceContact.case_id == case_id)
        .order_by(ServiceContact.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    fields = json.loads(vault.open(row.sealed, row.key_id, seal_place(case_id)))
    return KnownContact(contact_id=row.id, contact=Contact(**fields), consent=row.electronic)


def contact_kept(connection: Connection, case_id: int) -> Any:  # noqa: ANN401 (a row)
    """Return when the latest contact was kept (`at`), and whether it agrees to electronic service."""
    kept = select(ServiceContact.at, ServiceContact.electronic).where(ServiceContact.case_id == case_id)
    return connection.execute(kept.order_by(ServiceContact.id.desc()).limit(1)).one_or_none()


def store_confirmation(store: FileStore, content: bytes) -> str:
    """Keep the signed confirmation, and return its digest."""
    return store.put(io.BytesIO(content)).sha256


def check_contact(contact: Contact) -> None:
    """Refuse what can't be kept.

    Raises:
        ContactError: no name, or an e-mail address or telephone number that is none.

    """
    if not contact.name.strip():
        raise ContactError("收件人姓名不能为空")
    for field, text in asdict(contact).items():
        if any(not letter.isprintable() for letter in text.replace("\n", "")):
            raise ContactError(f"{field}: 含有不可用的字符")
    mail = contact.email
    if mail and (mail.count("@") != 1 or " " in mail or "\n" in mail or not mail.isascii()):
        raise ContactError("email: 不是电子邮箱地址")
    if contact.phone and not contact.phone.removeprefix("+").replace("-", "").isdecimal():
        raise ContactError("phone: 不是电话号码")


def seal_place(case_id: int) -> str:
    """Return what the seal of the case's contact is bound to."""
    return f"service contact of case {case_id}"
