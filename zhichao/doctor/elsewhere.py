"""What is looked at beyond this machine's disk: database, clock, schedule, partners, registries."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, make_url, select
from sqlalchemy.exc import SQLAlchemyError

from models import leases
from models.clock import clock_ms
from models.database import as_it_is
from models.exchange_tables import ExchangeState
from models.office_tables import AuditEntry
from models.schedule_view import JobLine, Kept, kept_by, schedule_lines
from models.values.schedule import RunState
from pipeline.registries.errors import SourceDownError
from zhichao.doctor.finding import Finding, broken, sound, warning
from zhichao.exchange_wiring import https, keys_folder
from zhichao.health.readiness import MIGRATIONS
from zhichao.settings import Settings

TIMEOUT_S = 5
OFF_MS = 2000


def database(settings: Settings) -> Iterator[Finding]:
    """Look at the database and its schema without changing it; then at what only it can tell."""
    url = make_url(settings.url)
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        yield warning("数据库", f"{url.database} 尚不存在", "首次运行任一命令时自动建立")
        return
    shown = url.render_as_string(hide_password=True)
    try:
        with as_it_is(settings.url) as connection:
            yield from _told(connection, shown)
    except (SQLAlchemyError, ImportError) as error:
        reason = getattr(error, "orig", None) or error
        yield broken(
            "数据库", f"{shown}：{reason}", "启动数据库，核对 database_url 与权限；恢复前一切照旧保留"
        )


def _told(connection: Connection, shown: str) -> Iterator[Finding]:
    scripts = ScriptDirectory(str(MIGRATIONS))
    revision, newest = (
        MigrationContext.configure(connection).get_current_revision(),
        scripts.get_current_head(),
    )
    if revision != newest:
        known = revision is None or revision in {one.revision for one in scripts.walk_revisions()}
        do = "确认已有升级前的备份，再运行任一命令即自动升级" if known else "数据库较新：升级本程序"
        yield warning("数据库", f"{shown}：版本 {revision}，程序为 {newest}", do)
        return
    yield sound("数据库", f"{shown}：版本 {revision}")
    yield from _clock(connection.scalar(select(func.max(AuditEntry.at))), leases.now_ms(connection))
    yield from _schedule(kept_by(connection), schedule_lines(connection))
    if frozen := connection.scalar(select(ExchangeState.frozen)):
        yield broken("互认收发", frozen, "zhichao exchange resync")


def _clock(last_entry_ms: int | None, database_ms: int) -> Iterator[Finding]:
    now, do = clock_ms(), "核对本机与数据库的时间同步（NTP）；期限与时效以时钟为准"
    if last_entry_ms is not None and last_entry_ms > now + OFF_MS:
        yield broken("时钟", f"慢于审计日志最后一条 {(last_entry_ms - now) / 1000:.0f} 秒", do)
    elif abs(database_ms - now) > OFF_MS:
        yield warning("时钟", f"与数据库相差 {(now - database_ms) / 1000:.0f} 秒", do)
    else:
        yield sound("时钟", "与数据库一致，不早于审计日志")


def _schedule(kept: Kept | None, lines: list[JobLine]) -> Iterator[Finding]:
    if kept is None:
        yield warning("定时任务", "没有进程值守", "systemctl start zhichao-schedule（或 zhichao schedule）")
    for line in lines:
        if line.state is RunState.FAILED:
            yield broken("定时任务", f"{line.label}：{line.summary[:200]}", "查明原因；到时自动再试")
    if kept is not None:
        yield sound("定时任务", "有进程值守")


def partners(settings: Settings) -> Iterator[Finding]:
    """Ask each partner's listener for its health, by its own certificate."""
    for one in settings.partners:
        if not one.url:
            yield sound("对方单位", f"{one.id}：只以文件往来")
            continue
        try:
            with https(keys_folder(settings), one.certificate) as client:
                answer = client.get(f"{one.url.rstrip('/')}/health", timeout=TIMEOUT_S)
        except (httpx.HTTPError, OSError, ssl.SSLError) as error:
            yield broken("对方单位", f"{one.id}：{error}", "核对地址、防火墙与证书；消息在此等待，不会丢失")
        else:
            yield sound("对方单位", f"{one.id}：应答 {answer.status_code}")


def registries(settings: Settings) -> Iterator[Finding]:
    """Look whether each registry answers, and whether our secret for it is there; nobody is looked up."""
    if not settings.registries:
        yield warning("登记系统", "没有配置", "在 [[registries]] 中配置；未配置时案件缺少当事人")
    for one in settings.registries:
        try:
            one.secret  # noqa: B018 (reading it is the check)
        except SourceDownError as error:
            yield broken("登记系统", f"{one.name}：{error}", "放置 secret_file 或设置 secret_env 所指变量")
            continue
        trusted = ssl.create_default_context(cafile=str(one.ca_file) if one.ca_file else None)
        try:
            with httpx.Client(verify=trusted, timeout=TIMEOUT_S, trust_env=False) as client:
                answer = client.get(one.url)
        except (httpx.HTTPError, OSError) as error:
            yield broken("登记系统", f"{one.name}：{error}", "核对地址与网络；案件等待并自动重试")
        else:
            yield sound("登记系统", f"{one.name}：应答 {answer.status_code}")
