"""Conditions of law that a station must meet on a day, whatever its measurements say."""

from datetime import date, timedelta

from models.values.labelled import Labelled
from pipeline.gate.state import GateState
from stations.station import Station

# Zhejiang's ordinance asks for publication 15 days before use; 行政处罚法 art. 41 for the two reviews.
ANNOUNCED_DAYS = 15


class Obstacle(Labelled):
    """What keeps a station from opening cases until somebody mends it; no override lifts it."""

    NOT_ANNOUNCED = "not_announced", "公告未满规定天数"
    NO_CERTIFICATE = "no_certificate", "检定证书未生效或已失效"
    NO_LEGAL_REVIEW = "no_legal_review", "尚无法制审核日期"
    NO_TECHNICAL_REVIEW = "no_technical_review", "尚无技术审核日期"


def obstacles(station: Station, day: date, announced_days: int = ANNOUNCED_DAYS) -> tuple[Obstacle, ...]:
    """Return what the station lacks on that local day."""
    found = {
        Obstacle.NOT_ANNOUNCED: day < station.announced_on + timedelta(days=announced_days),
        Obstacle.NO_CERTIFICATE: station.certificate_on(day) is None,
        Obstacle.NO_LEGAL_REVIEW: station.legal_review_on is None or day < station.legal_review_on,
        Obstacle.NO_TECHNICAL_REVIEW: (
            station.technical_review_on is None or day < station.technical_review_on
        ),
    }
    return tuple(obstacle for obstacle, stands in found.items() if stands)


def may_open_cases(state: GateState, station: Station, day: date) -> bool:
    """Return whether findings of that lane and day may become cases; otherwise they become leads."""
    return not obstacles(station, day) and state.standing_on(day).opens_cases
