"""Two agencies on one machine, as the demo runs them, with simulated officers."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select

from models.clock import clock_ms
from models.database import Database
from models.exchange_tables import OwnClaimRow
from models.values.money import Band
from models.values.plates import PlateColour
from notices.exchange.exchange import Exchange
from notices.exchange.kinds import FinedBody
from notices.exchange.settings import Agency, Partner, PublicKey
from notices.recognition.claim import Claim
from notices.recognition.docket import Standing
from pipeline.rules.consequences_batch import BANDS, consequences
from pipeline.rules.rule_sets import rule_sets
from stations.station import Station
from zhichao import exchange_wiring
from zhichao.settings import Settings

AGENCIES = ("平湖", "金山")
POLL_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """A case that was filed: its claim, and the fine that would follow."""

    claim: Claim
    amount_fen: int


def two_installations(settings: Settings, folder: Path, urls: Sequence[str] = ("", "")) -> list[Settings]:
    """Make two agencies' folders, keys and certificates, and give each the other's."""
    made = []
    for name, url in zip(AGENCIES, urls, strict=True):
        port = free_port()
        agency = Agency(id=name, base_url=f"https://127.0.0.1:{port}", port=port, ask_certificate=True)
        here = settings.model_copy(update={"data_dir": folder / name, "database_url": url, "agency": agency})
        made.append((here, exchange_wiring.make_keys(here)))
    (one, one_public), (other, other_public) = made
    return [_meet(one, other, other_public), _meet(other, one, one_public)]


def _meet(here: Settings, partner: Settings, public: str) -> Settings:
    certificate = f"{partner.agency.id}.pem"
    pem = (exchange_wiring.keys_folder(partner) / "tls.pem").read_bytes()
    (exchange_wiring.keys_folder(here) / certificate).write_bytes(pem)
    declared = Partner(
        id=partner.agency.id,
        url=partner.agency.base_url,
        certificate=certificate,
        keys=(PublicKey(public=public),),
    )
    return here.model_copy(update={"partners": (declared,)})


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def simulated_filing(
    agency: str, station: Station, cases: Sequence[dict[str, Any]], filed_ms: int
) -> list[Filing]:
    """Return the station's cases as if two officers had confirmed them and filed them one after another.

    Only a case with a plate and a band that carries a fine is filed; the rest would be for officers.
    """
    penalties = {rules.id: rules.penalty for rules in rule_sets()}
    filings = []
    for number, case in enumerate(case for case in cases if case["station"] == station.id and case["plate"]):
        limit_kg, decided_kg = (np.array([case[name]]) for name in ("limit_kg", "decided_kg"))
        found = consequences(limit_kg, decided_kg, penalties[case["rule_set"]])
        amount_fen = int(found.amount_fen[0])
        if BANDS[found.band[0]] is not Band.FINE or not amount_fen:
            continue
        claim = Claim(
            id=f"{agency}{case['case']}",
            agency=agency,
            plate=case["plate"],
            plate_colour=PlateColour(case["plate_colour"]),
            violation="overload",
            passed_ms=int(datetime.fromisoformat(case["time"]).timestamp() * 1000),
            heading="",
            axles=case["axle_count"],
            gross_kg=case["gross_kg"],
            mpe_percent=station.certificates[0].mpe_percent,
            filed_ms=filed_ms + 2 * number,
            policy="assumed-1",
            scope=frozenset(AGENCIES) - {agency},
        )
        filings.append(Filing(claim=claim, amount_fen=amount_fen))
    return filings


def run_agency(settings: Settings, filings: Sequence[Filing], behind_ms: int, stop: Event) -> None:
    """Serve the partner, file the cases, fine what may be fined, until `stop` is set; its own process."""
    database = Database(settings.url)
    exchange = replace(exchange_wiring.exchange(settings, database), clock=lambda: clock_ms() - behind_ms)
    amounts = {filing.claim.id: filing.amount_fen for filing in filings}
    with exchange_wiring.open_to_partners(settings, exchange):
        for filing in filings:
            with database.write("demo.filed") as connection:
                exchange.file(connection, filing.claim)
        while not stop.wait(POLL_S):
            simulated_decisions(exchange, amounts)


def simulated_decisions(exchange: Exchange, amounts: dict[str, int]) -> None:
    """Fine every claim that is held, as if officers had decided each."""
    held = select(OwnClaimRow.claim_id).where(OwnClaimRow.standing == Standing.HELD)
    with exchange.database.read() as connection:
        claim_ids = connection.scalars(held).all()
    for claim_id in claim_ids:
        fined = FinedBody(
            claim_id=claim_id,
            decision=f"罚{claim_id}",
            decided_ms=exchange.clock(),
            amount_fen=amounts[claim_id],
        )
        with exchange.database.write("demo.decided") as connection:
            exchange.decide(connection, fined)
