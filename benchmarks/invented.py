"""An invented station, of tests and benchmarks."""

from datetime import date

from stations.station import Certificate, Lane, Station


def invented_station(*, valid_until: date = date(2026, 12, 31), **changes: object) -> Station:
    """Return a station of two lanes with a class 5 certificate."""
    certificate = Certificate(
        number="虚构-0001",
        regulation="JJG 907-2006",
        accuracy_class="5",
        mpe_percent=5,
        verified_by="虚构计量院",
        valid_from=date(2021, 1, 1),
        valid_until=valid_until,
    )
    values: dict[str, object] = {
        "id": "test-1",
        "name": "虚构站",
        "province": "浙江",
        "road": "G000",
        "chainage": "K0+000",
        "direction": "东",
        "format": "hs_data",
        "lanes": (Lane(number=1), Lane(number=2)),
        "certificates": (certificate,),
        "announced_on": date(2021, 1, 1),
        "legal_review_on": date(2021, 1, 1),
        "technical_review_on": date(2021, 1, 1),
    }
    return Station.model_validate(values | changes)
