"""The command that looks an installation over."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict

import typer
from rich.console import Console
from rich.markup import escape

from zhichao import show
from zhichao.beside import in_thread
from zhichao.doctor import elsewhere, here
from zhichao.doctor.finding import Finding, Health, broken, sound
from zhichao.exits import CONFIG, ConfigOption, Exit, JsonOption
from zhichao.settings import ConfigError, Settings, load_settings

LOOKS: Sequence[Callable[[Settings], Iterator[Finding]]] = (
    here.folders,
    elsewhere.database,
    here.disk,
    here.backup,
    here.certificates,
    here.plates,
    here.faces,
    elsewhere.partners,
    elsewhere.registries,
)
# Longer than all that one look waits for.
LOOK_S = 60
MARKS = {Health.SOUND: "[green]✓[/]", Health.WARNING: "[yellow]![/]", Health.BROKEN: "[red]✗[/]"}


def doctor(*, config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """Look the installation over and say what to do; changes nothing. Exit code 1: something is broken."""
    out, findings = show.console(), []
    try:
        settings = load_settings(config)
    except ConfigError as error:
        findings.append(broken("设置", str(error), f"改正 {config}；运行中的进程仍用旧设置"))
    else:
        findings.append(sound("设置", f"{config}"))
        for look in LOOKS:
            findings += _looked(look, settings)
    if as_json:
        show.json_lines(asdict(one) for one in findings)
    else:
        _print(out, findings)
    if any(one.health is Health.BROKEN for one in findings):
        raise typer.Exit(Exit.TROUBLE)


def _looked(look: Callable[[Settings], Iterator[Finding]], settings: Settings) -> list[Finding]:
    try:
        # In a thread: what never answers must not keep the others from being looked at.
        return in_thread(lambda: list(look(settings))).result(LOOK_S)
    except TimeoutError:
        return [broken(look.__name__, f"{LOOK_S} 秒内没有应答", "查明它为何不应答，再运行一次")]
    except Exception as error:  # noqa: BLE001 (a look that fails is itself a finding, and the others go on)
        return [broken(look.__name__, f"{type(error).__name__}: {error}", "报告此信息")]


def _print(out: Console, findings: Sequence[Finding]) -> None:
    for one in findings:
        out.print(f"{MARKS[one.health]} {one.thing}  {escape(one.says)}", highlight=False, soft_wrap=True)
        if one.do:
            out.print(f"    → {escape(one.do)}", highlight=False, soft_wrap=True)
