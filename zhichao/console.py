"""Commands of the officers' console: serve it, and add its users."""

import getpass
import secrets
import sys
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Annotated, Any

import typer
from rich.console import Console
from sqlalchemy import Connection

from models.case_life import life_of
from models.clock import clock_ms
from models.database import Database
from models.keys import load_key
from models.values.office import PROGRAM, Role
from models.values.registry import Party
from models.vault import Vault
from pipeline.bundle import write_bundle
from pipeline.registries.kept import party_of
from pipeline.summary import station_night
from review.accounts import NewOfficer, add_officer
from review.app import make_app
from review.asking import Asking
from review.office import Office
from review.refusals import Refusal
from review.site import Site, SiteCertificate, SiteLane
from stations.station import Station
from zhichao import logs, partner_desk, service_wiring, show, wiring
from zhichao.exits import CONFIG, ConfigOption, explained
from zhichao.health import readiness
from zhichao.health.wiring import watched
from zhichao.settings import ConfigError, Settings, load_settings
from zhichao.web_listener import address_of, tls_of, web_listener

users_app = typer.Typer(help="Users of the officers' console.", no_args_is_help=True)


def site(station: Station) -> Site:
    """Return a station as the console knows it."""
    return Site(
        id=station.id,
        name=station.name,
        province=station.province,
        road=station.road,
        chainage=station.chainage,
        direction=station.direction,
        zone=station.zone,
        announced_on=station.announced_on,
        legal_review_on=station.legal_review_on,
        technical_review_on=station.technical_review_on,
        lanes=tuple(SiteLane(number=lane.number, name=lane.name) for lane in station.lanes),
        certificates=tuple(
            SiteCertificate(**one.model_dump(exclude={"speed_min_kmh", "speed_max_kmh"}))
            for one in station.certificates
        ),
    )


def office(settings: Settings, database: Database, *, asks: bool = False) -> Office:
    """Return the office of an installation; with `asks` it asks the registries after corrections."""
    registries = wiring.registries(settings, database)

    def night(connection: Connection, station_id: str, day: date) -> dict[str, Any]:
        return station_night(connection, settings.station(station_id), day).as_json()

    def party(connection: Connection, answer_id: int) -> Party | None:
        return party_of(connection, Vault.load(settings.registry_keys), answer_id)

    def bundle(connection: Connection, number: str, at_ms: int) -> bytes:
        station = settings.station(life_of(connection, number).station_id)
        key, handed_in = load_key(settings.key_file), service_wiring.proof_store(settings)
        return write_bundle(
            connection, number, station, wiring.store(settings), key, at_ms, handed_in=handed_in
        )

    return Office(
        database=database,
        store=wiring.store(settings),
        sites={station.id: site(station) for station in settings.stations},
        head_file=settings.head_file,
        no_partner=not settings.partners,
        partners=partner_desk.desk_of(settings, database),
        vault=lambda: Vault.load(settings.registry_keys),
        service=lambda: service_wiring.desk(settings, database),
        night=night,
        # Without patience: what a registry can't answer now waits for the night.
        asking=Asking(partial(replace(registries, patience_s=0).look_up_corrected, settings.stations))
        if asks and registries
        else None,
        # What registries answered is kept, and needed, when none is configured any more.
        party=party,
        bundle=bundle,
    )


def serve(
    *,
    host: Annotated[str, typer.Option(help="address; default: console_host of the settings")] = "",
    port: Annotated[int, typer.Option(help="port; default: console_port of the settings")] = 0,
    config: ConfigOption = CONFIG,
) -> None:
    """Serve the officers' console until it is stopped."""
    notes = Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        logs.set_up(as_json=settings.log_format == "json")
        database = Database(settings.url)
        tls = tls_of(settings)
        pages = make_app(office(settings, database, asks=True))
        served = watched("console", pages, settings, database, readiness.certificate(tls))
        where, at = host or settings.console_host, port or settings.console_port
        server = web_listener(served, where, at, settings, tls)
        notes.print(f"审核台 console: {address_of(server)}  (Ctrl+C 停止 stops it)", highlight=False)
        server.run()


@users_app.command("add")
def add_user(
    login: Annotated[str, typer.Argument(help="login, small letters and digits")],
    *,
    name: Annotated[str, typer.Option(help="name as it stands in documents")],
    role: Annotated[Role, typer.Option(help="role")] = Role.REVIEWER,
    badge: Annotated[str, typer.Option(help="number of the enforcement certificate")] = "",
    config: ConfigOption = CONFIG,
) -> None:
    """Add a user; the password is asked for, or read from the first line of stdin."""
    out, notes = show.console(), Console(stderr=True)
    with explained(notes):
        here = office(load_settings(config), Database(load_settings(config).url))
        new = NewOfficer(login=login.lower(), name=name, badge=badge, role=role, password=_password())
        try:
            with here.write("users.added") as connection:
                add_officer(connection, here.hasher, PROGRAM, new, clock_ms())
        except Refusal as refusal:
            raise ConfigError(str(refusal)) from refusal
    out.print(f"{login}: {role.label} {role}", highlight=False)


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("密码 password: ")
    if first != getpass.getpass("再输一次 again: "):
        raise ConfigError("the two passwords differ")
    return first


def made_up_users(settings: Settings) -> list[tuple[str, Role, str]]:
    """Add one invented user for each role, with random passwords that are told once and kept nowhere."""
    here = office(settings, Database(settings.url))
    people = [("chushen", Role.REVIEWER), ("fushen", Role.REVIEWER)]
    people += [(role.value.replace("_", "-"), role) for role in Role if role is not Role.REVIEWER]
    made = []
    with here.write("users.added") as connection:
        for number, (login, role) in enumerate(people, start=1):
            password = secrets.token_urlsafe(12)
            name = f"虚构{'甲乙丙丁戊己庚'[number - 1]}"
            new = NewOfficer(login=login, name=name, badge=f"虚构-{number:04d}", role=role, password=password)
            add_officer(connection, here.hasher, PROGRAM, new, clock_ms())
            made.append((login, role, password))
    return made
