"""Progress on stderr: one bar for each stage, nothing where nobody watches."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn


class Bars:
    """Bars of the stages of a run."""

    def __init__(self, console: Console) -> None:
        """Draw on `console`."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task: TaskID | None = None

    def stage(self, label: str, total: int) -> None:
        """Begin a stage of `total` steps."""
        self._task = self._progress.add_task(label, total=total)

    def step(self) -> None:
        """One step of the stage is done."""
        if self._task is not None:
            self._progress.advance(self._task)

    def __enter__(self) -> Self:
        """Start drawing."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop drawing."""
        self._progress.stop()
