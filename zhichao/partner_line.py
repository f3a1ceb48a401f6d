"""What a command needs to speak with one partner: its desk, one transaction, the files that go along."""

import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.console import Console
from sqlalchemy import Connection, Row

from models.case_life import life_of
from models.database import Database
from models.values.office import PROGRAM
from notices.casework.attachments import describe
from notices.casework.desk import PartnerDesk
from notices.casework.matters import MatterError, Outgoing, answer, matter_of, say_matter
from notices.exchange.attached import WithFiles
from notices.exchange.fields import Body
from notices.exchange.kinds import Kind
from notices.exchange.refusals import RefusedError
from zhichao import partner_desk, show
from zhichao.exits import explained
from zhichao.settings import ConfigError, Settings, load_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerLine:
    """What a command needs to speak with one partner."""

    settings: Settings
    desk: PartnerDesk
    connection: Connection
    partner: str
    files: dict[str, bytes]
    described: tuple[dict[str, object], ...]
    said: list[str] = field(default_factory=list)

    def say(
        self, kind: Kind, reference: str, body: type[Body], *, of_case: str = "", **fields: object
    ) -> None:
        """Say something; the same reference says it once."""
        said = Outgoing(
            to=self.partner,
            kind=kind,
            reference=reference,
            body=body.model_validate(self._with_files(body, fields)),
            files=self.files,
            case_id=life_of(self.connection, of_case).case_id if of_case else None,
        )
        self.said.append(say_matter(self.desk.exchange, self.connection, said, PROGRAM))

    def matter(self, message_id: str, *kinds: Kind) -> Row[Any]:
        """Return what came in, which must be of one of the kinds."""
        found = matter_of(self.connection, self.partner, "received", message_id)
        if found is None or Kind(found.kind) not in kinds:
            expected = "、".join(kind.label for kind in kinds)
            raise MatterError(f"{self.partner} 没有这样的来文（{expected}）：{message_id}")
        return found

    def answer(self, matter: Row[Any], body: type[Body], **fields: object) -> None:
        """Answer what came in."""
        given = body.model_validate(self._with_files(body, {"in_reply_to": matter.message_id} | fields))
        said = answer(self.desk.exchange, self.connection, matter, given, PROGRAM, self.files)
        self.said.append(said)

    def _with_files(self, body: type[Body], fields: dict[str, object]) -> dict[str, object]:
        return fields | ({"files": self.described} if issubclass(body, WithFiles) else {})


@contextmanager
def partner_line(config: Path, partner: str = "", files: list[Path] | None = None) -> Iterator[PartnerLine]:
    """Give what speaks with a partner, in one transaction; what can't be said is told in one line."""
    with explained(Console(stderr=True)):
        settings = load_settings(config)
        database = Database(settings.url)
        desk = declared_desk(settings, database)
        given = [(path, path.read_bytes()) for path in files or []]
        with said_or_explained(), database.write("partner.said") as connection:
            desk.lock(connection)
            described = [
                describe(contents, path.name, mimetypes.guess_type(path.name)[0] or "")
                for path, contents in given
            ]
            line = PartnerLine(
                settings=settings,
                desk=desk,
                connection=connection,
                partner=_the(partner, desk),
                files={one.sha256: contents for one, (_, contents) in zip(described, given, strict=True)},
                described=tuple(one.model_dump() for one in described),
            )
            yield line
    for message_id in line.said:
        show.console().print(message_id, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def said_or_explained() -> Iterator[None]:
    """Tell what a message lacks, or why none can be said now, in one line."""
    try:
        yield
    except ValidationError as error:
        lines = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise ConfigError("; ".join(lines)) from error
    except RefusedError as error:
        raise MatterError(f"与对方的交换暂停中 the exchange is frozen: {error}") from error


def declared_desk(settings: Settings, database: Database) -> PartnerDesk:
    """Return the desk that speaks with the partners, of whom at least one must be declared."""
    desk = partner_desk.desk_of(settings, database)
    if desk is None:
        raise ConfigError("partners: none is declared")
    return desk


def _the(partner: str, desk: PartnerDesk) -> str:
    known = sorted(desk.exchange.partners)
    if not partner and len(known) == 1:
        return known[0]
    if partner not in known:
        raise ConfigError(f"--partner: expected one of {', '.join(known)}, got {partner!r}")
    return partner
