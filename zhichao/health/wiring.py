"""Wires health, readiness and figures around the listeners of an installation."""

import os
from collections.abc import Mapping

from starlette.types import ASGIApp

from models.database import Database
from zhichao.health import readiness
from zhichao.health.metrics import Figures
from zhichao.health.readiness import Check
from zhichao.health.watched import Watched
from zhichao.settings import ConfigError, Settings

TOKEN_VARIABLE = "ZHICHAO_METRICS_TOKEN"  # noqa: S105 (the name of a variable)


def metrics_token(settings: Settings) -> str:
    """Return the token of the variable ZHICHAO_METRICS_TOKEN, else of the file; "" where there is none."""
    if said := os.environ.get(TOKEN_VARIABLE, ""):
        return said
    if not settings.metrics_token_file:
        return ""
    path = settings.data_dir / settings.metrics_token_file
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(f"metrics_token_file: {path}: {error.strerror}") from error


def watched(
    listener: str,
    app: ASGIApp | None,
    settings: Settings,
    database: Database,
    more: Mapping[str, Check] | None = None,
) -> Watched:
    """Return an application with /health, /ready and /metrics before it."""
    return Watched(
        listener=listener,
        app=app,
        checks={**readiness.common(settings, database), **(more or {})},
        figures=Figures(listener, database, settings.data_dir),
        token=metrics_token(settings),
    )
