"""Record formats, one file each, chosen by the station's declaration."""

from stations.formats.base import RecordFormat
from stations.formats.fhwa_w import FhwaW
from stations.formats.hs_data import HsData
from stations.formats.mapped_csv import MappedCsvFormat
from stations.formats.mon import Mon
from stations.formats.rsa import Rsa
from stations.formats.station_upload import StationUpload
from stations.station import Station

SECOND_MS = 1000


def record_format(station: Station) -> RecordFormat:
    """Return the reader of a station's records."""
    match station.format:
        case "hs_data":
            return HsData(zone=station.zone, driving=station.hs_driving)
        case "station_upload":
            return StationUpload(zone=station.zone, code=station.code)
        case "mapped_csv":
            if station.mapped_csv is None:
                message = f"station {station.id}: format mapped_csv needs the table mapped_csv"
                raise ValueError(message)
            return MappedCsvFormat(mapping=station.mapped_csv, zone=station.zone)
        case "mon":
            return Mon(zone=station.zone)
        case "fhwa_w":
            return FhwaW(zone=station.zone, code=station.code)
        case "rsa":
            return Rsa(zone=station.zone, code=station.code)


def tells_seconds(station: Station) -> bool:
    """Tell whether a station's records can be held against frames; others serve statistics alone."""
    return record_format(station).resolution_ms <= SECOND_MS
