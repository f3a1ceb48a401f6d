"""What is looked at on this machine: folders, keys, disk, backups, weights, faces, certificates."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from models.clock import clock_ms
from models.fonts import chinese_font
from models.listener_tls import validity_problem
from notices.exchange.listener import tls_of as exchange_tls
from notices.seal.error import SealError
from notices.seal.key import load_seal
from notices.seal.revoked import revoked_at
from pipeline.plates import weights
from stations.push.listener import tls_of as push_tls
from zhichao.backup.make import STAMP, backups, folder_of, key_files
from zhichao.doctor.finding import Finding, broken, sound, warning
from zhichao.exchange_wiring import keys_folder
from zhichao.health import readiness
from zhichao.settings import Settings
from zhichao.web_listener import tls_of as people_tls

AHEAD = timedelta(days=30)
OLDEST_BACKUP = timedelta(hours=36)
ROOM = 4
OTHERS = 0o077
MODELS = ("DETECTOR", "RECOGNISER", "CORNERS", "SECOND", "SECOND_ALPHABET", "THIRD", "THIRD_LAYERS")


def folders(settings: Settings) -> Iterator[Finding]:
    """Look at the folder of all data, and at who may read what is secret."""
    folder = settings.data_dir
    if not folder.is_dir():
        yield warning("数据目录", f"{folder} 尚不存在", "首次运行任一命令时自动建立")
    elif os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield sound("数据目录", f"{folder} 可读写")
    else:
        yield broken("数据目录", f"{folder} 不可写", "把目录交给运行本程序的用户")
    for path in key_files(settings):
        if path.suffix in {".pem", ".png", ".toml", ".crl"} and path.name not in {
            "agency.pem",
            "evidence.pem",
        }:
            continue
        if path.stat().st_mode & OTHERS:
            yield broken("密钥", f"{path} 他人可读", f"chmod 600 {path}")


def disk(settings: Settings) -> Iterator[Finding]:
    """Look at the room that is left."""
    if problem := readiness.disk(settings)():
        yield broken("磁盘", problem, "已停止接收：腾出空间，或把 data_dir 移到更大的磁盘")
        return
    ahead = settings.model_copy(update={"disk_reserve_mb": ROOM * settings.disk_reserve_mb})
    if problem := readiness.disk(ahead)():
        yield warning("磁盘", problem, "尽快腾出空间：低于保留空间即停止接收")
    else:
        yield sound("磁盘", "空间充足")


def backup(settings: Settings) -> Iterator[Finding]:
    """Look at how old the last backup is, and whether it would survive the disk."""
    folder = folder_of(settings)
    made = backups(folder)
    if not made:
        yield warning("备份", f"{folder} 中没有备份", "zhichao backup；并让 zhichao schedule 常驻运行")
        return
    age = datetime.fromtimestamp(clock_ms() / 1000, UTC) - datetime.strptime(made[-1].name, STAMP).replace(
        tzinfo=UTC
    )
    if age > OLDEST_BACKUP:
        yield warning(
            "备份", f"最近一次备份已过 {age.total_seconds() / 3600:.0f} 小时", "查看定时任务页 backup 一行"
        )
    else:
        yield sound("备份", f"{made[-1].name}")
    if folder.stat().st_dev == settings.data_dir.stat().st_dev:
        yield warning("备份", f"{folder} 与数据在同一磁盘", "把 [backup] folder 指向另一磁盘或另一机器")


def plates(settings: Settings) -> Iterator[Finding]:
    """Look for the weights that plates are read with."""
    del settings
    for name in MODELS:
        try:
            weights.locate(getattr(weights, name))
        except FileNotFoundError as error:
            yield broken("识别模型", str(error), "make setup")
            return
    yield sound("识别模型", f"{len(MODELS)} 个文件齐全")


def faces(settings: Settings) -> Iterator[Finding]:
    """Look for the faces of pictures."""
    del settings
    try:
        chinese_font(12)
    except (RuntimeError, OSError) as error:
        yield broken("字体", str(error), "make setup")
    else:
        yield sound("字体", "中文字体可用")


def certificates(settings: Settings) -> Iterator[Finding]:
    """Look at every certificate: of listeners, partners, seals and weighing devices."""
    keys, renew = keys_folder(settings), "换发证书；对外证书须先发给对方单位"
    listeners = [exchange_tls(settings.agency, keys, ())] if settings.partners else []
    listeners += [one for one in (push_tls(settings.push), people_tls(settings)) if one]
    looks = {one.certificate: one.problem for one in listeners}
    theirs = [keys / one.certificate for one in settings.partners if one.certificate]
    for path, look in (looks | {path: partial(validity_problem, path) for path in theirs}).items():
        if problem := look():
            yield broken(
                "证书", problem, renew if path.exists() else "zhichao exchange init，或向对方索取证书文件"
            )
        elif problem := validity_problem(path, AHEAD):
            yield warning("证书", problem, renew)
        else:
            yield sound("证书", f"{path} 有效")
    for folder in sorted(settings.seals.glob("*/")):
        yield _seal(folder)
    today = datetime.fromtimestamp(clock_ms() / 1000, UTC).date()
    for station in settings.stations:
        last = max(one.valid_until for one in station.certificates)
        if last < today:
            yield broken(
                "检定证书", f"{station.id}：{last} 到期", "检定前该站所有情形只作线索；检定后把新证书写入设置"
            )
        elif last <= today + AHEAD:
            yield warning("检定证书", f"{station.id}：{last} 到期", "安排检定")


def _seal(folder: Path) -> Finding:
    try:
        seal = load_seal(folder)
    except (SealError, OSError) as error:
        return broken("印章", str(error), "补齐该目录的文件，或 zhichao seal-init 制作测试印章")
    ends, now = seal.certificate.not_valid_after_utc, datetime.fromtimestamp(clock_ms() / 1000, UTC)
    if ends <= now:
        return broken("印章", f"{folder.name}：{ends:%Y-%m-%d} 到期", "换发印章证书；到期后不能签章")
    since = revoked_at(seal.certificate, seal.revoked)
    if since and since <= now:
        return broken("印章", f"{folder.name}：{since:%Y-%m-%d} 被撤销", "换发印章证书；撤销后不能签章")
    if stale := [one.next_update_utc for one in seal.revoked if (one.next_update_utc or now) < now]:
        says = f"{folder.name}：撤销列表应于 {min(filter(None, stale)):%Y-%m-%d} 更新"
        return warning("印章", says, "向签发机构取新的撤销列表（*.crl）放入该目录")
    if ends - now <= AHEAD:
        return warning("印章", f"{folder.name}：{ends:%Y-%m-%d} 到期", "申请换发印章证书")
    return sound("印章", f"{folder.name}：有效至 {ends:%Y-%m-%d}")
