"""Commands around the registries: retry what waits, list look-ups, seal anew, serve simulated ones."""

import datetime
import json
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer
from fastapi import FastAPI
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, func, select

from models.database import Database
from models.registry_tables import CaseLookup, RegisteredJudgement, RegistryAnswer
from models.tables import Case, Judgement
from models.values.lookups import LookupDoubt, LookupState, WaitReason
from models.values.timeline import from_ms
from models.vault import Vault
from notices.service.reseal import reseal as reseal_parties
from pipeline.registries.look_up import as_json as report_as_json
from pipeline.registries.plate_paths import PlatePath
from pipeline.registries.retention import reseal
from pipeline.registries.simulated.dials import Dials
from pipeline.registries.simulated.fleet import Fleet
from pipeline.registries.simulated.serve import APPS
from stations.station import Station
from zhichao import show, tables, wiring
from zhichao.exits import CONFIG, ConfigOption, Exit, JsonOption, explained
from zhichao.registry_sim import fleet_of, servers
from zhichao.settings import ConfigError, Settings, load_settings

SIMULATED_STATIONS = ("sim-pinghu", "sim-jinshan")
DAY_MS = 86_400_000


commands = typer.Typer(help="Vehicle registries: who owns a vehicle and what it may carry.")


@commands.command()
def retry(*, config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """Ask again for the cases that wait for a registry, of any day."""
    out, notes = show.console(), Console(stderr=True)
    with explained(notes):
        settings = load_settings(config)
        registries = wiring.registries(settings, Database(settings.url))
        if registries is None:
            raise ConfigError(f"{config}: no [[registries]] are declared")
        report = registries.look_up(settings.stations, None)
    if as_json:
        show.json_lines([report_as_json(report)])
    else:
        for word, number in report.states.items():
            out.print(f"{LookupState(word).label} {word}: {number}")
    show.messages(notes, tables.registry_lines(report))
    if report.waiting:
        raise typer.Exit(Exit.TROUBLE)


@commands.command(name="list")
def listed(
    number: Annotated[str, typer.Argument(help="case number; default: all")] = "",
    *,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """List what looking cases up came to. No owner's name is shown here."""
    with explained(Console(stderr=True)):
        settings = load_settings(config)
        with Database(settings.url).read() as connection:
            rows = list(lookup_rows(connection, settings.stations, number))
    if as_json:
        show.json_lines(rows)
    else:
        show.console().print(_table(rows))


@commands.command(name="reseal")
def seal_anew(*, config: ConfigOption = CONFIG) -> None:
    """Seal owners' and parties' data under the first key of the key file; older keys may go afterwards."""
    with explained(Console(stderr=True)):
        settings = load_settings(config)
        vault = Vault.load(settings.registry_keys)
        with Database(settings.url).write("registries.resealed") as connection:
            number = reseal(connection, vault) + reseal_parties(connection, vault)
    show.console().print(f"已重新加密 sealed anew: {number}")


def registry_sim(  # noqa: PLR0913 (each dial is an option)
    *,
    seed: Annotated[int, typer.Option(help="the demo's seed, so that its trucks are registered")] = 2026,
    passages: Annotated[int, typer.Option(min=20, max=20_000, help="passages at each station")] = 240,
    date: Annotated[
        datetime.datetime, typer.Option(formats=["%Y-%m-%d"], help="night of the passages")
    ] = datetime.datetime(2026, 6, 18),  # noqa: DTZ001 (a day)
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="first of three ports; 0: free ones")] = 8101,
    latency_ms: Annotated[float, typer.Option(min=0, help="median latency")] = 0,
    errors: Annotated[float, typer.Option(min=0, max=1, help="share of requests that fail")] = 0,
    wrong: Annotated[float, typer.Option(min=0, max=1, help="share of answers about another vehicle")] = 0,
    per_second: Annotated[float, typer.Option(min=0, help="requests a second; 0: any")] = 0,
    outage: Annotated[str, typer.Option(help="seconds from start, such as 30-90")] = "",
    openapi: Annotated[Path | None, typer.Option(help="write the documents here and end")] = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Serve three simulated registries whose invented fleet fits the simulated stations."""
    with explained(Console(stderr=True)):
        if openapi is not None:
            write_documents(openapi)
            return
        settings = load_settings(config)
        fleet = fleet_of(_simulated(settings), date.date(), seed, passages)
        dials = Dials(
            latency_s=latency_ms / 1000,
            error_share=errors,
            wrong_share=wrong,
            per_second=per_second,
            outages=_outages(outage),
        )
        ports = [port + number if port else 0 for number in range(len(APPS))]
        made = servers(fleet, settings.data_dir / "registry-sim", dials, ports, host)
        with ExitStack() as stack:
            for server, reached in made:
                stack.enter_context(server)
                show.console().print(f"模拟 SIMULATED {reached.name}: {reached.url}")
            show.console().print(_as_toml([reached for _, reached in made]), highlight=False, markup=False)
            # Whoever started it in the background reads this from a pipe or file.
            sys.stdout.flush()
            threading.Event().wait()


def lookup_rows(connection: Connection, stations: Sequence[Station], number: str) -> Iterator[dict[str, Any]]:
    """Yield what each case's latest look-up came to, with the age of what it rests on in days."""
    zones = {station.id: station.zone for station in stations}
    newest = select(func.max(CaseLookup.id)).group_by(CaseLookup.case_id)
    query = (
        select(
            Case.number,
            Case.station_id,
            CaseLookup,
            RegistryAnswer.source,
            RegistryAnswer.answered_at,
            Judgement.limit_kg,
            Judgement.excess_kg,
            RegisteredJudgement.limit_kg.label("registered_limit_kg"),
            RegisteredJudgement.excess_kg.label("registered_excess_kg"),
        )
        .join(CaseLookup, CaseLookup.case_id == Case.id)
        .join(Judgement, Judgement.passage_id == CaseLookup.passage_id)
        .outerjoin(RegistryAnswer, RegistryAnswer.id == CaseLookup.vehicle_answer_id)
        .outerjoin(
            RegisteredJudgement,
            (RegisteredJudgement.lookup_id == CaseLookup.id)
            & (RegisteredJudgement.passage_id == CaseLookup.passage_id),
        )
        .where(CaseLookup.id.in_(newest), Case.station_id.in_(zones))
        .order_by(Case.number)
    )
    now_ms = int(datetime.datetime.now(datetime.UTC).timestamp() * 1000)
    for row in connection.execute(query.where(Case.number == number) if number else query):
        yield {
            "case": row.number,
            "state": row.state,
            "reason": row.reason,
            "read_plate": row.read_plate,
            "plate": row.plate,
            "trailer_plate": row.trailer_plate,
            "probability": round(row.probability, 4),
            "fit": json.loads(row.fit),
            "doubts": row.doubts.split(),
            "tried": json.loads(row.tried),
            "permits": json.loads(row.permits),
            "limit_kg": row.limit_kg,
            "excess_kg": row.excess_kg,
            "registered_limit_kg": row.registered_limit_kg,
            "registered_excess_kg": row.registered_excess_kg,
            "source": row.source or "",
            "answer_age_days": round((now_ms - row.answered_at) / DAY_MS, 1) if row.answered_at else None,
            "looked_up_at": from_ms(row.looked_up_at, zones[row.station_id]).isoformat(timespec="seconds"),
        }


def write_documents(folder: Path) -> None:
    """Write each simulated registry's OpenAPI document, the one its adapter is written against."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, text in documents().items():
        (folder / f"{kind}.openapi.json").write_text(text, encoding="utf-8")


def documents() -> dict[str, str]:
    """Return the OpenAPI documents as text, by kind."""
    empty = Fleet(vehicles={}, permits={})
    apps: dict[str, FastAPI] = {kind: make(empty, Dials(), "") for kind, make in APPS.items()}
    return {
        kind: json.dumps(app.openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        for kind, app in apps.items()
    }


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table(title="登记查询 look-ups", title_justify="left")
    for heading in (
        "案件 case",
        "结果 state",
        "号牌 plate",
        "来源 source",
        "资料天数 age",
        "登记限值 kg",
        "原因与疑点 reasons",
    ):
        table.add_column(heading)
    for row in rows:
        reasons = [LookupDoubt(word).label for word in row["doubts"]]
        if row["reason"]:
            words = {
                **{one.value: one.label for one in WaitReason},
                **{one.value: one.label for one in PlatePath},
            }
            reasons.insert(0, words[row["reason"]])
        age = "" if row["answer_age_days"] is None else f"{row['answer_age_days']:g}"
        plate = row["plate"] or row["read_plate"]
        table.add_row(
            row["case"],
            LookupState(row["state"]).label,
            plate,
            row["source"],
            age,
            f"{row['registered_limit_kg']:,}" if row["registered_limit_kg"] else "",
            "；".join(reasons),
        )
    return table


def _simulated(settings: Settings) -> list[Station]:
    return [settings.station(name) for name in SIMULATED_STATIONS]


def _outages(text: str) -> tuple[tuple[float, float], ...]:
    if not text:
        return ()
    try:
        start, end = map(float, text.split("-"))
    except ValueError as error:
        raise ConfigError(f"--outage: expected two numbers of seconds such as 30-90, got {text!r}") from error
    return ((start, end),)


def _as_toml(registries: Sequence[Any]) -> str:
    """Return how to declare running simulated registries in config.toml."""
    return "\n".join(
        f'[[registries]]\nname = "{one.name}"\nkind = "{one.kind}"\nurl = "{one.url}"\n'
        f'plates = {json.dumps(list(one.plates), ensure_ascii=False)}\nsecret_file = "{one.secret_file}"\n'
        for one in registries
    )
