"""Tables of what a command found, for people at a terminal."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models.values.lookups import LookupState, WaitReason
from models.values.plates import PlateColour
from models.values.quality import QualityCode, Severity
from models.values.states import Standing
from pipeline.gate.conditions import Obstacle
from pipeline.gate.values import Kind
from pipeline.judge_file import FileReport
from pipeline.nightly import NightReport
from pipeline.registries.look_up import LookupReport
from pipeline.summary import StationNight


def night_table(nights: Sequence[StationNight], report: NightReport, title: str) -> Table:
    """Return the summary of a night, one column a station, and how long each stage took."""
    times = "  ".join(f"{stage} {seconds:.1f} s" for stage, seconds in report.seconds.items())
    table = Table(title=title, title_justify="left", caption=f"用时 time: {times}", caption_justify="left")
    table.add_column("")
    for night in nights:
        table.add_column(night.station_id, justify="right")
    rows: list[tuple[str, list[object]]] = [("过车记录 passages", [night.passages for night in nights])]
    rows += [(f"  {word.label} {word}", [night.severity[word] for night in nights]) for word in Severity]
    for codes in ([night.rejects for night in nights], [night.doubts for night in nights]):
        rows += [
            (f"    {QualityCode(code).label}", [counts.get(code, 0) for counts in codes])
            for code in sorted(set().union(*codes))
        ]
    rows.append(("超限 over the limit", [sum(night.over_limit.values()) for night in nights]))
    axle_classes = sorted({axles for night in nights for axles in night.over_limit}, key=int)
    rows += [
        (f"  {axles}轴 axles", [night.over_limit.get(axles, 0) for night in nights]) for axles in axle_classes
    ]
    rows += [
        ("  已剔除的超限记录 rejected", [night.over_limit_rejected for night in nights]),
        ("号牌已识别 plates read", [night.plates_read for night in nights]),
        ("号牌未识别 unread", [night.plates_unread for night in nights]),
        ("图片已匹配 frames matched", [night.frames for night in nights]),
        ("图片无对应（全部日期） unmatched, all days", [night.frames_unmatched for night in nights]),
        ("图片未到 awaited", [night.frames_awaited for night in nights]),
        ("图片损坏 damaged", [night.frames_damaged for night in nights]),
        ("隔离待修（全部日期） in quarantine, all days", [night.quarantined_open for night in nights]),
        ("规避检测 manoeuvres", [sum(night.manoeuvres.values()) for night in nights]),
        ("涉嫌违法情形 findings", [night.findings for night in nights]),
        ("案件 cases", [night.cases for night in nights]),
        *lookup_rows(nights),
        ("线索（不立案） leads", [sum(lead["passages"] for lead in night.leads) for night in nights]),
    ]
    rows += _lead_lines(nights)
    rows.append(("线索转案件 leads that became cases", [night.leads_revived for night in nights]))
    for label, values in rows:
        table.add_row(label, *(f"{value:,}" for value in values))
    return table


def _lead_lines(nights: Sequence[StationNight]) -> list[tuple[str, list[object]]]:
    """Return a line for each lane and reason that kept findings from cases."""
    counts: defaultdict[str, list[object]] = defaultdict(lambda: [0] * len(nights))
    for number, night in enumerate(nights):
        for lead in night.leads:
            why = "，".join(
                f"{Obstacle(word).label}（{_decided_kind(lead['decided_kind'])}）"
                if word == Obstacle.LANE_BARRED
                else Obstacle(word).label
                for word in lead["obstacles"]
            )
            counts[f"  车道 {lead['lane']}：{why}"][number] = lead["passages"]
    return sorted(counts.items())


def _decided_kind(word: str) -> str:
    return Kind(word).label if word in set(Kind) else "人工认定"


def lookup_rows(nights: Sequence[StationNight]) -> list[tuple[str, list[object]]]:
    """Return what looking the cases up came to, and for what the waiting ones wait."""
    rows: list[tuple[str, list[object]]] = [
        (f"  {state.label} {state}", [night.lookups.get(state, 0) for night in nights])
        for state in LookupState
        if any(night.lookups.get(state) for night in nights)
    ]
    rows += [
        (f"    {reason.label}", [night.lookups_waiting.get(reason, 0) for night in nights])
        for reason in WaitReason
        if any(night.lookups_waiting.get(reason) for night in nights)
    ]
    return rows


def registry_lines(report: LookupReport | None) -> list[str]:
    """Return what to say of the registries after a night."""
    if report is None:
        return ["未配置登记系统，未查询当事人 no registries are configured: nobody was looked up"]
    waiting = sum(report.waiting.values())
    lines = [f"登记系统停用 registry down: {name}: {why}" for name, why in report.traffic.down.items()]
    if waiting:
        lines.append(f"{waiting} 件案件待查询 cases wait for a registry: zhichao registries retry")
    return lines


def case_table(rows: Sequence[Mapping[str, Any]], title: str) -> Table:
    """Return the cases, one line for each passage of each case."""
    table = Table(title=title, title_justify="left")
    for heading in ("案件 case", "号牌 plate", "轴 axles"):
        table.add_column(heading, no_wrap=True)
    for heading in ("实测 kg", "认定 kg", "限值 kg", "超限 %"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("事由与疑点 reasons")
    for row in rows:
        colour = PlateColour(row["plate_colour"]).label
        plate = f"{row['plate']} {colour} {row['plate_confidence']:.2f}" if row["plate"] else "未识别 unread"
        table.add_row(
            row["case"],
            escape(plate),
            str(row["axle_count"]),
            *(f"{row[name]:,}" for name in ("gross_kg", "decided_kg", "limit_kg")),
            f"{100 * row['excess_ratio']:.1f}",
            escape("；".join(row["reasons"])),
        )
    return table


def over_limit_table(over_limit: Mapping[tuple[int, int], int]) -> Table:
    """Return passages over their limit by lane and axle count."""
    table = Table(title="超限记录 over the limit", title_justify="left")
    axles = sorted({axle_count for _, axle_count in over_limit})
    table.add_column("车道 lane")
    for axle_count in axles:
        table.add_column(f"{axle_count}轴", justify="right")
    table.add_column("合计 all", justify="right")
    for lane in sorted({lane for lane, _ in over_limit}):
        counts = [over_limit.get((lane, axle_count), 0) for axle_count in axles]
        table.add_row(str(lane), *(f"{count:,}" for count in counts), f"{sum(counts):,}")
    return table


def lane_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return how each lane stands."""
    table = Table(title="检测点车道 lanes", title_justify="left")
    for heading in (
        "检测点 station",
        "车道 lane",
        "日期 day",
        "状态 standing",
        "自 since",
        "依据 decided by",
        "人工认定 override",
        "缺项 lacking",
        "迟到记录 late",
    ):
        table.add_column(heading)
    for row in rows:
        lacking = "；".join(Obstacle(word).label for word in row["obstacles"])
        standing = Standing(row["standing"]).label
        if row["standing"] != row["measured"]:
            standing += f"（测得 {Standing(row['measured']).label}）"
        table.add_row(
            row["station"],
            str(row["lane"]),
            row["day"],
            standing,
            row["since"],
            row["decided_by"],
            escape(row["override"]),
            lacking,
            f"{row['late']:,}",
        )
    return table


def lead_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return the leads, one line for each passage, and why it is no case."""
    table = Table(title="线索 leads（不立案）", title_justify="left")
    for heading in ("检测点 station", "时间 time", "车道", "号牌 plate"):
        table.add_column(heading, no_wrap=True)
    for heading in ("实测 kg", "认定 kg", "限值 kg", "超限 %"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("不立案原因 why no case")
    for row in rows:
        why = "；".join(Obstacle(word).label for word in row["obstacles"])
        table.add_row(
            row["station"],
            row["time"][:19],
            str(row["lane"]),
            escape(row["plate"]) or "未识别 unread",
            *(f"{row[name]:,}" for name in ("gross_kg", "decided_kg", "limit_kg")),
            f"{100 * row['excess_ratio']:.1f}",
            escape(f"{why}：{row['standing_by']}" if row["standing_by"] else why),
        )
    return table


INTAKE_LABELS = {
    "files": "文件",
    "files_known": "已有文件",
    "files_left": "未接收",
    "rows": "行",
    "rows_new": "新记录",
    "rows_known": "已有记录",
    "quarantined": "隔离",
    "frames": "图片",
    "frames_damaged": "图片损坏",
    "frames_awaited": "图片未到",
}


def intake_table(rows: Sequence[Mapping[str, Any]], title: str) -> Table:
    """Return what an intake did, one column a station."""
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for row in rows:
        table.add_column(str(row["station"]), justify="right")
    for name, label in INTAKE_LABELS.items():
        table.add_row(f"{label} {name.replace('_', ' ')}", *(f"{row[name]:,}" for row in rows))
    return table


def file_report(out: Console, report: FileReport) -> None:
    """Print what a judged file held: every data row, then the passages over their limit."""
    table = Table(title="记录文件 record file", title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_row("数据行 rows", f"{report.rows:,}")
    for severity in Severity:
        table.add_row(f"  {severity.label} {severity}", f"{report.severity[severity]:,}")
    table.add_row("  无法读取 unreadable", f"{len(report.problems):,}")
    for code in QualityCode:
        if report.codes[code]:
            table.add_row(f"  {code.severity.label}: {code.label}", f"{report.codes[code]:,}")
    out.print(table)
    out.print(over_limit_table(report.over_limit))
