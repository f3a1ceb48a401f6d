"""What an intake did: what became of each file, and the counts and messages of all."""

from dataclasses import asdict, dataclass, field
from enum import Enum, auto

from models.values.states import SourceKind
from stations.formats.base import Problem
from stations.source_files import RowCounts


class Outcome(Enum):
    """What became of one file."""

    TAKEN = auto()
    QUARANTINED = auto()
    LEFT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one file came to; `damage` says what is wrong with a frame that can still be shown."""

    source_id: int
    kind: SourceKind
    counts: RowCounts
    problems: tuple[Problem, ...]
    damage: str


@dataclass(slots=True, kw_only=True)
class IntakeReport:
    """What one intake did; `messages` name file, row and field of everything not taken."""

    files: int = 0
    files_known: int = 0
    files_left: int = 0
    rows: int = 0
    rows_new: int = 0
    rows_known: int = 0
    quarantined: int = 0
    frames: int = 0
    frames_damaged: int = 0
    frames_awaited: int = 0
    messages: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """Return every number of the report by name."""
        return {name: value for name, value in asdict(self).items() if isinstance(value, int)}

    def add(self, where: str, taken: Taken) -> None:
        """Count one file."""
        self.rows += taken.counts.rows
        self.rows_new += taken.counts.rows_new
        self.rows_known += taken.counts.rows_known
        self.quarantined += len(taken.problems)
        self.messages += [f"{where}{problem}" for problem in taken.problems]
        self.frames += taken.kind is SourceKind.FRAME and not taken.problems
        if taken.damage:
            self.frames_damaged += 1
            self.messages.append(f"{where}: {taken.damage}; kept, and read with a doubt")

    @property
    def troubled(self) -> bool:
        """Tell whether anything was left out."""
        return bool(self.quarantined or self.files_left or self.frames_awaited)
