"""Jobs that keep the house: retention, verification."""

import time

from sqlalchemy import delete

from models import head_file
from models.office_tables import SignIn
from models.schedule_tables import JobRun
from pipeline.registries.retention import delete_old
from zhichao.archiving import archive_due
from zhichao.backup.make import folder_of, make_backup, scheduled_passphrase, stores
from zhichao.schedule.installation import Installation
from zhichao.schedule.job import DAY_MS, Done
from zhichao.soundness import Silent, all_breaks

SIGN_IN_DAYS = 30
RUN_DAYS = 180
MOST_TOLD = 5
# No file is a day on its way into a store.
HALF_S = 86_400


def retention(installation: Installation, slot_ms: int) -> Done:
    """Delete what may not be kept any longer; evidence, cases and logs are never deleted by the program."""
    del slot_ms
    settings, now_ms = installation.settings, installation.clock_ms()
    with installation.database.write("retention.deleted") as connection:
        answers = delete_old(
            connection,
            now_ms,
            cache_days=settings.registry_cache_days,
            keep_days=settings.registry_keep_days,
        )
        visits = delete(SignIn).where(SignIn.seen_at < now_ms - SIGN_IN_DAYS * DAY_MS)
        runs = delete(JobRun).where(JobRun.started_at < now_ms - RUN_DAYS * DAY_MS)
        sign_ins, old_runs = connection.execute(visits).rowcount, connection.execute(runs).rowcount
    pairs = stores(settings, folder_of(settings))
    # By the disk's own time, which is what its files bear.
    halves = sum(store.sweep(time.time() - HALF_S) for pair in pairs for store in pair)
    # Last: whatever keeps a month from the archive, such as a full disk, keeps no deletion back.
    months = list(archive_due(settings, installation.database, now_ms))
    put_away, refused = sum(one.passages for one in months), [one.refused for one in months if one.refused]
    summary = (
        f"登记答复 {answers.answers}，当事人资料 {answers.parties}，查询日志 {answers.queries}，"
        f"登录记录 {sign_ins}，运行记录 {old_runs}，归档过车记录 {put_away}，半截文件 {halves}"
    )
    return Done(summary="；未归档：".join([summary, *refused]), troubled=bool(refused))


def backup(installation: Installation, slot_ms: int) -> Done:
    """Make a backup, with the keys where a passphrase is set."""
    del slot_ms
    settings = installation.settings
    made = make_backup(
        settings,
        installation.database,
        installation.config,
        installation.clock_ms(),
        scheduled_passphrase(settings),
    )
    summary = f"{made.path.name}：{made.rows} 行，新增原件 {made.copied} 份，删除旧备份 {made.removed} 份"
    if made.broken:
        summary += f"；{len(made.broken)} 份原件缺失或损坏：{made.broken[0]}"
    return Done(summary=summary, troubled=bool(made.broken))


def verify(installation: Installation, slot_ms: int) -> Done:
    """Check the audit log, the steps of cases and every original."""
    del slot_ms
    settings = installation.settings
    kept = head_file.noted(settings.head_file)
    with installation.database.read() as connection:
        broken = list(all_breaks(settings, connection, kept, Silent()))
    summary = "；".join(broken[:MOST_TOLD]) or "完整"
    if len(broken) > MOST_TOLD:
        summary += f"；共 {len(broken)} 处，zhichao verify 逐一列出"
    return Done(summary=summary, troubled=bool(broken))
