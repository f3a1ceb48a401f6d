"""Figures of docs/scale.md that were measured stand in a result that is kept."""

import math
import re
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
TEXT = (DOCS / "scale.md").read_text(encoding="utf-8")


def kept(link: str) -> str:
    return (DOCS / link).read_text(encoding="utf-8")


def test_listeners_are_worked_out_from_kept_rates() -> None:
    (row,) = re.findall(r"^\| intake by push \|.*$", TEXT, flags=re.MULTILINE)
    links = re.findall(r"\[(\d+) a second\]\(([^)]+)\)", row)
    assert len(links) == 2
    noon = int(re.findall(r"(\d+) at noon", row)[0])
    for rate, link in links:
        assert f"({rate} a second)" in kept(link)
        assert re.search(rf"\b{math.ceil(noon / int(rate))}\b", row.split("|")[-2])
    # Every rate of the row is one of these, and the average.
    assert len(re.findall(r"\d+ (?:records )?a second", row)) == 3


def test_the_months_in_postgresql_are_those_of_the_kept_result() -> None:
    section = TEXT.split("## Months in PostgreSQL")[1].split("\n## ")[0]
    (link,) = re.findall(r"\((\S+months\S+)\)", section)
    measured = [float(one) for one in re.findall(r"\d+\.?\d*", kept(link))]
    told = [
        one
        for row in re.findall(r"^\|(?!---)(.+)\|$", section, flags=re.MULTILINE)
        if "800,000" not in row
        for one in re.findall(r"[\d,.]+", row.split("|")[1])
    ]
    assert len(told) > 20
    for one in told:
        places = len(one.partition(".")[2])
        assert any(round(other, places) == float(one.replace(",", "")) for other in measured), one
