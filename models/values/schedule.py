"""What became of a run of the schedule."""

from models.values.labelled import Labelled


class RunState(Labelled):
    """How far one run of a job has come; what failed is tried again, what is discounted does not count."""

    RUNNING = "running", "运行中"
    DONE = "done", "完成"
    TROUBLE = "trouble", "完成，有待查看"
    FAILED = "failed", "失败"
    PASSED_OVER = "passed_over", "过期未补"
    DISCOUNTED = "discounted", "不计（时钟曾快）"
