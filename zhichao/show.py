"""Tables for people: Chinese first; programs get the same as JSON lines."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape

MESSAGES_SHOWN = 20
# Where nobody watches, a table goes to a file or a pager: lines stay whole.
FILE_WIDTH = 220


def console() -> Console:
    """Return the console of stdout."""
    return Console() if sys.stdout.isatty() else Console(width=FILE_WIDTH)


def json_lines(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print one JSON object a line on stdout."""
    for row in rows:
        print(json.dumps(row, ensure_ascii=False))  # noqa: T201 (this is the program's output)


def messages(console: Console, lines: Sequence[str]) -> None:
    """Print what went wrong, the first of many."""
    for line in lines[:MESSAGES_SHOWN]:
        console.print(f"[yellow]![/] {escape(line)}", highlight=False, soft_wrap=True)
    if len(lines) > MESSAGES_SHOWN:
        console.print(f"… 另有 {len(lines) - MESSAGES_SHOWN} 条 more")


def failure(console: Console, error: Exception) -> None:
    """Print why nothing could be done."""
    console.print(f"[red]✗[/] {escape(str(error))}", highlight=False, soft_wrap=True)
