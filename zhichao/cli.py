"""The command line: what is printed goes to stdout, progress and messages to stderr.

A command's module is loaded when the command is called, so that none waits for what others need.
"""

import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

COMMANDS = {
    "intake": "night_commands:intake",
    "judge": "night_commands:judge",
    "nightly": "night_commands:nightly",
    "cases": "case_commands:cases",
    "leads": "case_commands:leads",
    "trace": "trace_command:trace",
    "evasion": "evasion_command:evasion",
    "weighing": "weighing_command:weighing",
    "candidates": "reidentify_command:candidates",
    "plate-conflicts": "reidentify_command:plate_conflicts",
    "stations": "lane_commands:stations",
    "override": "lane_commands:override",
    "plates": "plates_command:plates",
    "demo": "demo_command:demo",
    "serve": "console:serve",
    "schedule": "schedule_command:schedule",
    "doctor": "doctor_command:doctor",
    "archive": "archive_command:commands",
    "backup": "backup_command:backup",
    "restore": "backup_command:restore",
    "serve-public": "public_command:serve_public",
    "users": "console:users_app",
    "verify": "verify:verify",
    "bundle": "evidence:bundle",
    "make-key": "evidence:make_key",
    "notice": "documents:notice",
    "documents": "documents:list_documents",
    "seal-init": "documents:seal_init",
    "service": "service_command:app",
    "registries": "registries_command:commands",
    "registry-sim": "registries_command:registry_sim",
    "exchange": "exchange_cli:app",
    "partner": "partner_command:app",
    "listen": "listen_command:listen",
    "stream": "stream_command:stream",
    "station-agent": "agent_command:station_agent",
    "credentials": "credentials_command:commands",
}


class Commands(TyperGroup):
    """The commands by name; each is a function, or a group of its own."""

    def list_commands(self, ctx: object) -> list[str]:  # noqa: ARG002 (the library's signature)
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: object, cmd_name: str) -> Any:  # noqa: ANN401, ARG002 (the library keeps its types)
        """Load one command; None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        found = getattr(import_module(f"zhichao.{module}"), name)
        group = typer.Typer()
        if isinstance(found, typer.Typer):
            group.add_typer(found, name=cmd_name)
        else:
            group.command(cmd_name)(found)
        return get_group(group).commands[cmd_name]


app = typer.Typer(cls=Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def zhichao() -> None:
    """治超 Zhichao: from weigh-in-motion records and frames to cases that an officer can review."""


def main() -> None:
    """Run the command line."""
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stderr.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    app()
