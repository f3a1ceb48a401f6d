"""Wires officers and partners together: what a case accuses of, told by rules and stations."""

from sqlalchemy import Connection, select

from models.case_tables import CaseLife
from models.database import Database
from models.registry_tables import CaseLookup
from models.values.money import Band
from models.values.plates import PlateColour
from models.values.timeline import from_ms
from notices.casework.claims import Act
from notices.casework.desk import PartnerDesk
from notices.exchange.exchange import Exchange
from pipeline.gravest import follows, gravest
from pipeline.plates.grammar import pattern_of
from zhichao import exchange_wiring
from zhichao.settings import ConfigError, Settings

# The word that both agencies know the kind of act by; it is part of the agreement on what is one act.
OVERLOAD = "overload"
# Trucks and tractors that can weigh so much bear these (GA 36).
COLOURS = {"ordinary": PlateColour.YELLOW, "new energy, large": PlateColour.YELLOW_GREEN}


def partner_desk(settings: Settings, exchange: Exchange) -> PartnerDesk:
    """Return the officers' side of the exchange."""

    def act_of(connection: Connection, case_id: int) -> Act | None:
        return act(settings, connection, case_id)

    received = exchange_wiring.received_store(settings)
    return PartnerDesk(exchange=exchange, policy=settings.agency.policy, act_of=act_of, received=received)


def desk_of(settings: Settings, database: Database) -> PartnerDesk | None:
    """Return the officers' side of the exchange, None where no partner is declared."""
    if not settings.partners:
        return None
    return partner_desk(settings, exchange_wiring.exchange(settings, database))


def act(settings: Settings, connection: Connection, case_id: int) -> Act | None:
    """Return what a case accuses of, None where it accuses of nothing that can be fined on a weighing.

    The direction of travel is left unknown: the agencies have agreed on no words for it, and two words for
    one direction would make two acts of one.
    """
    passage = gravest(connection, case_id)
    if passage is None or (consequence := follows(connection, case_id, passage)) is None:
        return None
    station = settings.station(passage.station_id)
    certificate = station.certificate_on(from_ms(passage.passed_at, station.zone).date())
    if certificate is None:
        raise ConfigError(f"{station.id}: no certificate on the day of the passage, so nothing is claimed")
    return Act(
        plate_colour=_colour(connection, case_id, PlateColour(passage.plate_colour)),
        violation=OVERLOAD,
        passed_ms=passage.passed_at,
        heading="",
        axles=passage.axle_count,
        gross_kg=passage.gross_kg,
        mpe_percent=certificate.mpe_percent,
        fine_fen=consequence.amount_fen if consequence.band is Band.FINE else 0,
    )


def colour_of(connection: Connection, case_id: int) -> PlateColour:
    """Return the colour of the plate of a case."""
    passage = gravest(connection, case_id)
    if passage is None:
        return PlateColour.UNKNOWN
    return _colour(connection, case_id, PlateColour(passage.plate_colour))


def _colour(connection: Connection, case_id: int, seen: PlateColour) -> PlateColour:
    """Return the plate's colour as the registry has it, or as its layout asks; else as seen.

    Both agencies must say the same colour, or one act would be two.
    """
    plate = connection.execute(select(CaseLife.plate).where(CaseLife.case_id == case_id)).scalar_one()
    registered = (
        select(CaseLookup.colour)
        .where(
            CaseLookup.case_id == case_id,
            CaseLookup.plate == plate,
            CaseLookup.colour.not_in(["", PlateColour.UNKNOWN]),
        )
        .order_by(CaseLookup.id.desc())
        .limit(1)
    )
    if known := connection.scalar(registered):
        return PlateColour(known)
    pattern = pattern_of(plate)
    return COLOURS.get(pattern.name, seen) if pattern else seen
