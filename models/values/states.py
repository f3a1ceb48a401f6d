"""States of what the pipeline keeps; the value is the word in the database."""

from models.values.labelled import Labelled


class SourceKind(Labelled):
    """What a file that came in is taken for."""

    RECORDS = "records", "过车记录"
    FRAME = "frame", "抓拍图片"


class SourceState(Labelled):
    """What became of a file that came in."""

    TAKEN = "taken", "已接收"
    QUARANTINED = "quarantined", "有内容被隔离"


class QuarantineState(Labelled):
    """Whether something in quarantine still waits: mended, or taken again with reasons of its own."""

    OPEN = "open", "待修正"
    MENDED = "mended", "已修正"
    SUPERSEDED = "superseded", "已由新原因取代"


class ChunkState(Labelled):
    """How far a chunk of a day has come; a failed one is offered again by the next run."""

    PLANNED = "planned", "待处理"
    DONE = "done", "已完成"
    FAILED = "failed", "失败"


class Standing(Labelled):
    """Whether a lane's measurements may open cases, most trusted first."""

    TRUSTED = "trusted", "可信"
    WATCHED = "watched", "关注"
    BARRED = "barred", "停用"

    @property
    def rank(self) -> int:
        """Return 0 for the most trusted."""
        return list(Standing).index(self)

    @property
    def opens_cases(self) -> bool:
        """Return whether findings become cases; those of a barred lane become leads."""
        return self is not Standing.BARRED

    @property
    def next_standings(self) -> frozenset["Standing"]:
        """Return where a lane may go from here: trust comes back by way of being watched."""
        return frozenset(Standing) - ({self, Standing.TRUSTED} if self is Standing.BARRED else {self})


class Word(Labelled):
    """What a person may say of a lane: a standing, or that the measurements hold again."""

    TRUSTED = "trusted", "可信"
    WATCHED = "watched", "关注"
    BARRED = "barred", "停用"
    MEASURED = "measured", "按测量结果"

    @property
    def standing(self) -> Standing | None:
        """Return the standing, None for the measured one."""
        return None if self is Word.MEASURED else Standing(self.value)


class WeighingWord(Labelled):
    """What a person says of a mass that was weighed while the vehicle was driven so as to spoil it."""

    STANDS = "stands", "称重有效"
    NO_CASE = "no_case", "不予立案"


class Outcome(Labelled):
    """What the gate makes of a passage's findings."""

    CASE = "case", "立案"
    LEAD = "lead", "线索"


class Via(Labelled):
    """How a station pushes."""

    HTTP = "http", "推送接口"
    BROKER = "broker", "消息队列"
