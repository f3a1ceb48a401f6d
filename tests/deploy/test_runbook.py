"""Every command of the run-book is one of the program's, with its options; every file it names is there."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from zhichao.cli import COMMANDS as KNOWN
from zhichao.cli import app
from zhichao.settings import Settings

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.zh.md").read_text(encoding="utf-8")
LINES = [
    line for block in re.findall(r"```sh\n(.*?)```", RUNBOOK, flags=re.DOTALL) for line in block.splitlines()
]


def test_there_are_commands() -> None:
    assert len(LINES) > 20


@pytest.mark.parametrize("line", LINES)
def test_a_command_of_the_run_book_is_understood(line: str) -> None:
    program, *words = shlex.split(line)
    assert program == "zhichao"
    command: Any = get_command(app)
    while hasattr(command, "get_command"):
        name = words.pop(0)
        command = command.get_command(None, name)
        assert command is not None, name
    # Parses words, refuses unknown options, missing arguments and values of the wrong kind; runs nothing.
    command.make_context(command.name, words)


def test_no_password_stands_in_a_command_or_in_a_file_that_others_read() -> None:
    blocks = re.findall(r"```\w*\n(.*?)```", RUNBOOK, flags=re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert not [line for line in lines if re.search(r"口令|(?i:password) ", line)]
    of_secrets = [line for line in lines if "/etc/zhichao/secrets.env" in line]
    written = next(number for number, line in enumerate(of_secrets) if ">" in line)
    assert "chmod 600 /etc/zhichao/secrets.env" in of_secrets[:written]


def test_files_settings_and_commands_in_the_text_are_there() -> None:
    named = re.findall(r"`([^`\n]+)`", RUNBOOK)
    for path in (one for one in named if one.startswith("deploy/")):
        assert (ROOT / path).exists(), path
    fields = (
        set(Settings.model_fields)
        | set(Settings().schedule.model_dump())
        | set(Settings().backup.model_dump())
    )
    for key in (one.split(" = ")[0] for one in named if re.fullmatch(r"[a-z]+_[a-z_]+( = .*)?", one)):
        assert key in fields or key.startswith("zhichao_"), key
    for command in (one.split()[1] for one in named if one.startswith("zhichao ")):
        assert command in KNOWN, command
    assert len([one for one in named if one.startswith("zhichao_")]) >= 6


def test_the_figures_named_are_told() -> None:
    source = (ROOT / "zhichao" / "health" / "metrics.py").read_text(encoding="utf-8")
    for name in set(re.findall(r"`zhichao_([a-z_]+)", RUNBOOK)):
        assert name in source, name
