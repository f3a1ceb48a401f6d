import re
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from stations.formats import record_format, tells_seconds
from stations.station import MappedCsv, MassColumn, Station

ROOT = Path(__file__).parents[3]
FORMATS: tuple[str, ...] = get_args(Station.model_fields["format"].annotation)
MAPPING = MappedCsv(
    time="t", lane="l", gross=MassColumn(column="g"), axles=(MassColumn(column="a"), MassColumn(column="b"))
)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_that_can_be_declared_has_a_reader(
    name: str, make_station: Callable[..., Station]
) -> None:
    station = make_station(format=name, mapped_csv=MAPPING)
    suffixes = record_format(station).suffixes
    assert suffixes
    assert all(re.fullmatch(r"\.[a-z]+", suffix) for suffix in suffixes)
    assert tells_seconds(station) == (name != "fhwa_w")


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_every_format_stands_in_the_readme(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    assert tuple(re.findall(r"^   \| `(\w+)` \|", text, flags=re.MULTILINE)) == FORMATS
