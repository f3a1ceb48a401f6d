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
