"""Logs by the names of events, with fields: words for a terminal, JSON lines for whoever collects them."""

import logging
import sys
from typing import Any, cast

import structlog
from structlog.types import Processor

# What both our own loggers and those of libraries go through before they are written.
_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_SHARED,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return a logger: its first argument names the event, the others are fields."""
    return cast("structlog.stdlib.BoundLogger", structlog.get_logger(name))


def set_up(*, as_json: bool) -> None:
    """Write events from INFO on to stderr; for the commands that stay, and `zhichao notice`."""
    last: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    before: list[Processor] = [structlog.processors.format_exc_info]
    if not as_json:
        last, before = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()), []
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *before, last],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for chatty in ("httpx", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
