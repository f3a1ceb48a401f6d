"""Command of the reference client that runs at a station."""

import re
import ssl
import threading
from functools import partial
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console

from models.errors import MisuseError
from models.renewed import Renewed
from stations.push.agent import Agent, HttpSender
from stations.push.listener import is_loopback
from zhichao import logs
from zhichao.exits import Exit, JsonOption, explained
from zhichao.stopping import stop_on_signals

PAUSE_S, TIMEOUT_S = 1.0, 30.0
# RFC 6750, section 2.1.
TOKEN = re.compile(rb"[A-Za-z0-9._~+/-]+=*")


class TokenError(MisuseError, ValueError):
    """A file holds no token."""


def sending(url: httpx.URL, token_file: Path, ca: Path | None) -> httpx.Client:
    """Return what sends, with the token of a file."""
    token = token_file.read_bytes().strip()
    if not TOKEN.fullmatch(token):
        raise TokenError(f"{token_file}: expected one token of letters, digits and -._~+/=")
    return httpx.Client(
        base_url=url,
        headers={"Authorization": f"Bearer {token.decode()}"},
        timeout=TIMEOUT_S,
        trust_env=False,
        verify=ssl.create_default_context(cafile=ca) if ca else True,
    )


def station_agent(  # noqa: PLR0913 (each is an option of the command)
    folder: Annotated[Path, typer.Argument(help="folder that the devices write into", file_okay=False)],
    *,
    url: Annotated[str, typer.Option(help="where the listener is, such as https://push.example:8430")],
    token_file: Annotated[Path, typer.Option(help="file with the credential's token")],
    records: Annotated[list[str], typer.Option(help="endings of record files")] = [".json"],  # noqa: B006 (typer's way)
    ca: Annotated[Path | None, typer.Option(help="certificates to trust instead of the system's")] = None,
    keep_sent: Annotated[bool, typer.Option("--keep-sent", help="move sent files to FOLDER/sent")] = False,
    once: Annotated[bool, typer.Option("--once", help="send what waits, and end")] = False,
    as_json: JsonOption = False,
) -> None:
    """Send a folder's records and frames, oldest first; a file leaves it only once its receipt is here."""
    notes = Console(stderr=True)
    stop = threading.Event()
    stop_on_signals(stop)
    with explained(notes):
        logs.set_up(as_json=as_json)
        where = httpx.URL(url)
        if where.scheme != "https" and not (where.scheme == "http" and is_loopback(where.host)):
            raise MisuseError(f"--url {url}: expected https, or http on loopback; a token is sent")
        if not folder.is_dir():
            raise MisuseError(f"{folder}: no such folder")
        # A new token, or a new certificate to trust, is taken without a restart out there.
        files = [token_file, ca] if ca else [token_file]
        client = Renewed(files, partial(sending, where, token_file, ca), httpx.Client.close)
        endings = tuple(f".{one.lstrip('.').lower()}" for one in records)
        agent = Agent(folder=folder, sender=HttpSender(client=client, records=endings), keep_sent=keep_sent)
        while not stop.is_set():
            sent = agent.round()
            if once:
                break
            if not sent:
                stop.wait(PAUSE_S)
        if once and agent.waits():
            raise typer.Exit(Exit.TROUBLE)
