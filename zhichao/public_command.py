"""The command of the public pages: where a party reads its document, and anyone verifies a seal."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

import typer
from rich.console import Console
from sqlalchemy import Connection, select

from models.database import Database
from models.renewed import Renewed
from models.tables import Case
from models.vault import Vault
from notices.seal.verify import Anchors
from review.public.app import make_public_app
from review.public.counter import PublicCounter
from zhichao import logs, wiring
from zhichao.case_papers import case_facts
from zhichao.exits import CONFIG, ConfigOption, explained
from zhichao.health import readiness
from zhichao.health.wiring import watched
from zhichao.office import document_store
from zhichao.service_wiring import proof_store
from zhichao.settings import ConfigError, Settings, load_settings
from zhichao.trusted import anchors
from zhichao.web_listener import address_of, tls_of, web_listener


def counter(settings: Settings, database: Database) -> PublicCounter:
    """Return the public counter of an installation."""

    def told(connection: Connection, number: str) -> Mapping[str, Any] | None:
        station_id = connection.scalar(select(Case.station_id).where(Case.number == number))
        try:
            return case_facts(connection, settings.station(str(station_id)), number).fields
        except ConfigError:
            # The sealed document stands, whatever can be worked out today.
            return None

    def lacks(trusted: Anchors) -> str:
        return "；".join(one.problem for one in trusted.unread)

    return PublicCounter(
        database=database,
        documents=document_store(settings),
        proofs=proof_store(settings),
        originals=wiring.store(settings),
        vault=Vault.load(settings.registry_keys),
        anchors=Renewed([settings.seals], partial(anchors, settings), lacks=lacks),
        told=told,
    )


def serve_public(
    *,
    host: Annotated[str, typer.Option(help="address; default: public_host of the settings")] = "",
    port: Annotated[int, typer.Option(help="port; default: public_port of the settings")] = 0,
    config: ConfigOption = CONFIG,
) -> None:
    """Serve the public pages until stopped: documents by code and plate, verification of seals."""
    notes = Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        logs.set_up(as_json=settings.log_format == "json")
        database = Database(settings.url)
        tls = tls_of(settings)
        pages = make_public_app(counter(settings, database))
        served = watched("public", pages, settings, database, readiness.certificate(tls))
        where, at = host or settings.public_host, port or settings.public_port
        server = web_listener(served, where, at, settings, tls)
        notes.print(f"公开页面 public: {address_of(server)}  (Ctrl+C 停止 stops it)", highlight=False)
        server.run()
