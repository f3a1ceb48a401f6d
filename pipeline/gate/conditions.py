"""What keeps a finding from becoming a case: the station's conditions of law, and its lane's standing."""

from datetime import date

from models.values.labelled import Labelled
from models.values.quality import QualityCode
from models.values.states import Standing
from stations.station import Station


class Obstacle(Labelled):
    """Why a finding is a lead. What the law asks of the station is asked of the passage's own day.

    So a certificate, review or publication that comes later lifts nothing, and no person's word does; a
    lane's standing on the day may turn out to be wrong, and then a person's word lifts it. How the vehicle
    was driven is asked of the passage itself, and a person's word on that passage lifts it.
    """

    NOT_ANNOUNCED = "not_announced", "公告未满规定天数"
    NO_CERTIFICATE = "no_certificate", "检定证书未生效或已失效"
    NO_LEGAL_REVIEW = "no_legal_review", "尚无法制审核日期"
    NO_TECHNICAL_REVIEW = "no_technical_review", "尚无技术审核日期"
    LANE_BARRED = "lane_barred", "车道停用"
    LANE_UNMEASURED = "lane_unmeasured", "车道当日未经测量"
    MANOEUVRE = "manoeuvre", "过车时的驾驶行为影响称重，质量数据不得自动立案"


OF_RECORD = {
    QualityCode.NOT_ANNOUNCED: Obstacle.NOT_ANNOUNCED,
    QualityCode.CERTIFICATE_NOT_VALID: Obstacle.NO_CERTIFICATE,
}


def obstacles_of(codes: str) -> tuple[Obstacle, ...]:
    """Return what the station lacked when a record was judged; `codes` are its quality codes."""
    return tuple(OF_RECORD[code] for code in map(QualityCode, codes.split()) if code in OF_RECORD)


def obstacles(station: Station, day: date, announced_days: int) -> tuple[Obstacle, ...]:
    """Return what the station lacks on that local day; no override lifts it.

    The rule set says for how many days it has to be published; 行政处罚法 art. 41 asks for the two reviews.
    """
    found = {
        Obstacle.NOT_ANNOUNCED: not station.announced_for(day, announced_days),
        Obstacle.NO_CERTIFICATE: station.certificate_on(day) is None,
        Obstacle.NO_LEGAL_REVIEW: station.legal_review_on is None or day < station.legal_review_on,
        Obstacle.NO_TECHNICAL_REVIEW: (
            station.technical_review_on is None or day < station.technical_review_on
        ),
    }
    return tuple(obstacle for obstacle, stands in found.items() if stands)


def hindrances(
    station: Station, day: date, standing: Standing | None, announced_days: int
) -> tuple[Obstacle, ...]:
    """Return why findings of a lane become leads on that day, nothing if they may become cases.

    `standing` is what holds on the lane; None: it was not measured, and nobody vouches for it.
    """
    of_law = obstacles(station, day, announced_days)
    if standing is None:
        return (*of_law, Obstacle.LANE_UNMEASURED)
    return of_law if standing.opens_cases else (*of_law, Obstacle.LANE_BARRED)
