"""The command that verifies: one sealed document, or everything that is kept."""

import hashlib
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from alembic.migration import MigrationContext
from rich.console import Console
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from models import audit, head_file
from models.case_life import ZONE
from models.database import Database, as_it_is
from notices.documents.register import on_record
from notices.seal.sm2 import holds, known_of
from notices.seal.verify import Anchors, NoSealError, OnRecord, SealFound
from notices.seal.verify import verify as verify_seals
from zhichao import show
from zhichao.exits import CONFIG, ConfigOption, Exit, JsonOption, explained
from zhichao.health.readiness import newest_schema
from zhichao.progress import Bars
from zhichao.settings import Settings, load_settings
from zhichao.soundness import all_breaks
from zhichao.trusted import anchors


def verify(
    file: Annotated[Path | None, typer.Argument(help="sealed PDF; without one, all that is kept")] = None,
    *,
    roots: Annotated[Path | None, typer.Option(help="with FILE: trusted root certificates, PEM")] = None,
    sm2: Annotated[
        Path | None, typer.Option(help="with FILE: its SM2 signature, as `notice --out` lays it beside")
    ] = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Say who sealed FILE, when, and whether it is as sealed; or name what is broken of what is kept.

    Kept are audit log, steps of cases, originals, documents, proofs, messages: digests of all files, the
    chains of the logs, every signature.
    """
    with explained(Console(stderr=True)):
        settings = load_settings(config)
        if file is not None:
            sound = _document(settings, file, roots, sm2, as_json=as_json)
        elif roots or sm2 or as_json:
            raise typer.BadParameter("--roots, --sm2 and --json go with FILE")
        else:
            sound = _all_kept(settings)
    if not sound:
        raise typer.Exit(Exit.TROUBLE)


def _all_kept(settings: Settings) -> bool:
    out = show.console()
    kept = head_file.noted(settings.head_file)
    with Database(settings.url).read() as connection, Bars(Console(stderr=True)) as bars:
        broken = list(all_breaks(settings, connection, kept, bars))
        end = audit.head(connection)
    for line in broken:
        out.print(f"✗ {line}", style="red", markup=False, highlight=False, soft_wrap=True)
    if not broken:
        out.print(
            f"✓ 完整 sound: {end.number} audit entries, head {end.hash}", highlight=False, soft_wrap=True
        )
    return not broken


def _document(settings: Settings, file: Path, roots: Path | None, sm2: Path | None, *, as_json: bool) -> bool:
    trusted, pdf = anchors(settings, roots), file.read_bytes()
    show.messages(Console(stderr=True), [one.problem for one in trusted.unread])
    known = _on_record(settings, pdf)
    try:
        found = verify_seals(pdf, trusted, now=datetime.now(UTC), on_record=known)
    except NoSealError as error:
        raise NoSealError(f"{file}: {error}") from error
    again, said = ("", "") if sm2 is None else _again(trusted, pdf, found.seals[-1], sm2)
    void = known is not None and known.void
    sound = again in {"", "holds"} and not void
    if as_json:
        rows = (
            asdict(one) | {"holds": one.holds and sound, "void": void, "sm2": again} | _times(one)
            for one in found.seals
        )
        show.json_lines(rows)
        return found.holds and sound
    for one in found.seals:
        show.console().print(_sentence(one), highlight=False, soft_wrap=True, markup=False)
    if known is not None and known.void:
        said = f"✗ 登记册：本文书已作废，不具有效力 VOID on record: {known.document}\n{said}".rstrip()
    if said:
        show.console().print(said, highlight=False, soft_wrap=True, markup=False)
    return found.holds and sound


def _on_record(settings: Settings, pdf: bytes) -> OnRecord | None:
    """Return what the register here says of a file; whoever verifies elsewhere has none."""
    try:
        url = make_url(settings.url)
        if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
            return None
        with as_it_is(settings.url) as connection:
            revision, newest = MigrationContext.configure(connection).get_current_revision(), newest_schema()
            if revision == newest:
                return on_record(connection, hashlib.sha256(pdf).hexdigest())
            problem = f"schema {revision}, this program knows {newest}"
    except (SQLAlchemyError, ImportError) as error:
        problem = str(getattr(error, "orig", None) or error)
    notes = Console(stderr=True)
    notes.print(f"登记册未能查询 the register was not asked: {problem}", highlight=False, soft_wrap=True)
    return None


def _again(trusted: Anchors, pdf: bytes, seal: SealFound, sm2: Path) -> tuple[str, str]:
    """Return what is known of the second signature: a word, and a sentence that names whose key it was."""
    number = seal.document.rpartition(" ")[2]
    known = known_of(trusted.sm2, number)
    if known is None:
        return "no key known", f"？ 本机没有该机关的国密公钥，未能核验 no SM2 key is known here: {number}"
    if holds(known.public, pdf, sm2.read_bytes()):
        return "holds", f"✓ 国密签名属实 SM2 holds: {known.agency}"
    return "differs", f"✗ 国密签名不符 SM2 DOES NOT HOLD: {known.agency}"


def _times(one: SealFound) -> dict[str, str]:
    names = ("sealed_at", "stamped_at", "expired_at", "revoked_at")
    return {name: time.isoformat() if (time := getattr(one, name)) else "" for name in names}


def _doubt(one: SealFound) -> str:
    return "证书是否可信不明 NOT SETTLED" if one.unsettled else "证书不可信 NOT TRUSTED"


def _sentence(one: SealFound) -> str:
    sealed_at = f"{one.sealed_at.astimezone(ZONE):%F %T}" if one.sealed_at else "时间不明"
    parts = [
        f"{one.document}",
        f"签章 sealed by: {one.sealed_by}，{sealed_at}",
        "未被改动 intact" if one.intact else "已被改动 CHANGED",
        "证书可信 trusted" if one.trusted else f"{_doubt(one)} ({one.trust_problem})",
    ]
    for words, ended in (("到期 expired", one.expired_at), ("撤销 revoked", one.revoked_at)):
        if ended and one.trusted:
            parts.append(f"签章时有效，其后证书{words} since: {ended.astimezone(ZONE):%F}")
    if one.stamp_problem:
        parts.append(f"时间戳无效 time-stamp FALSE ({one.stamp_problem})")
    elif one.stamped_at:
        parts.append(f"时间戳 time-stamp {one.stamped_at.astimezone(ZONE):%F %T}")
    else:
        parts.append("无时间戳 no time-stamp")
    return ("✓ " if one.holds else "✗ ") + "\n  ".join(parts)
