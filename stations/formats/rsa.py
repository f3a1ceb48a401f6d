"""RSA: South African traffic data, comma-separated, type 10 (one vehicle a line; kg, cm, km/h).

The standard, TMH 14, was not at hand. The layout is taken from what a public reader does with such files,
brandtosaurus/traffic_electronic_count_ETL, and from the values it shows: after `10` and the number of basic
fields come data source, edit code, date, time, assigned and physical lane, direction, category, two classes,
speed, length, occupancy, chassis height, following code, then (from 18 fields on) tag, trailers, axles, and
more. Behind them stand blocks of a letter and a digit, a number n, and n values: masses of wheels (W), axles
(A) and groups (G), each behind an off-sensor code and the resolution in kg; axle spacings (S), tyres (T),
axles of each group (C); images (V) behind the registration number. Masses are taken as kg whatever the
resolution, as that reader does.

One wheel mass for each axle means that one side was weighed: it is doubled, and the quality code
`sides_repeat` says so. Two for each axle are taken as left and right of the first axle, then of the next.
What the codes of off-sensor detection, following and editing mean is not known here; they are kept in the
original alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from models.values.passages import FrameKind, PassageBatch, no_text
from stations.formats.base import Block, FileRefusedError, Reference
from stations.formats.part import Part, read_parts
from stations.formats.rsa_blocks import Blocks
from stations.formats.times import UNKNOWN_TIME, calendar_ms
from stations.formats.tokens import Tokens
from stations.names import is_plain_name, is_url

Integers = NDArray[np.int64]
VEHICLE = 10
# A line of type 10 with one of these in place of the number of basic fields declares what follows.
DECLARATIONS = (1, 5, 8, 9)
BASIC_FIELDS = (15, 20)
AXLE_COUNT_FROM = 18
N_FIELDS, DATE, TIME, LANE, SPEED, LENGTH, AXLE_COUNT = 1, 4, 5, 6, 12, 13, 19
TYPE_CHARACTERS = 2
DATE_DIGITS, TIME_DIGITS = (6, 8), (6, 9)
# Two digits of a year up to this one are of this century.
CENTURY_TURN = 50
LANE_MAX, SPEED_MAX, LENGTH_MAX_CM, PLATE_CHARACTERS = 99, 999, 99_999, 64
MM_PER_CM = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Rsa:
    """Reads type 10 lines of the site `code` ("" accepts any); lines of other types stand for no vehicle."""

    zone: ZoneInfo
    code: str
    suffixes: ClassVar[frozenset[str]] = frozenset({".rsa", ".rsv", ".txt"})
    resolution_ms: ClassVar[int] = 1000

    def read(self, path: Path) -> Iterator[Block]:
        """Yield the file's blocks; see `read_parts` for what is refused."""
        yield from read_parts(path, Part, self._block, "a line of RSA traffic data")

    def _block(self, part: Part) -> Block:
        tokens = Tokens(part)
        self._leave_out_other_types(part, tokens)
        basic = tokens.value[tokens.at(N_FIELDS)]
        _expect_basic_fields(part, tokens, basic)
        instants = self._instants(part, tokens)
        lane = _number(part, tokens, "lane", LANE, LANE_MAX)
        speed = _number(part, tokens, "speed", SPEED, SPEED_MAX, required=False)
        length = _number(part, tokens, "length", LENGTH, LENGTH_MAX_CM, required=False)
        counted = _number(part, tokens, "axles", AXLE_COUNT, LANE_MAX, required=False)
        blocks = Blocks(part, tokens, basic + 2)
        loads = blocks.loads(np.where(basic >= AXLE_COUNT_FROM, counted, -1))
        references, plates = _identified(part, tokens, blocks)
        kept = part.kept
        none = no_text(int(kept.sum()))
        batch = PassageBatch(
            row=part.row[kept],
            passed_at_ms=instants[kept],
            lane=lane[kept].astype(np.int16),
            axle_count=loads.axle_count[kept].astype(np.int16),
            gross_kg=loads.gross_kg[kept],
            axle_kg=loads.axle_kg[kept],
            left_kg=loads.left_kg[kept],
            spacing_mm=loads.spacing_cm[kept] * MM_PER_CM,
            speed_kmh=np.where(speed[kept] > 0, speed[kept], np.nan),
            length_mm=np.where(length[kept] > 0, length[kept] * MM_PER_CM, -1),
            serial=none,
            plate_front=plates[kept],
            plate_rear=none,
            plate_colour=none,
        )
        return Block(batch=batch, problems=part.problems, references=references)

    def _leave_out_other_types(self, part: Part, tokens: Tokens) -> None:
        """Leave out headers, counts and declarations; refuse lines without type and files of other sites."""
        size, initial = tokens.size[tokens.first], tokens.initial[tokens.first]
        typed = (size == TYPE_CHARACTERS) & (initial > ord(" "))
        expected = "a type of two characters"
        part.refuse(~typed, "type", "no_type", lambda p: _got(tokens, p, 0, expected))
        for position in np.flatnonzero(part.kept & (initial == ord("S"))).tolist() if self.code else ():
            kind, site, *_ = [*part.text(position).split(","), ""]
            if kind == "S0" and site.strip() != self.code:
                reason = f"expected the data of site {self.code}, got {site[:60]!r}"
                raise FileRefusedError("wrong_station", reason, row=int(part.row[position]), column="site")
        declared = np.isin(tokens.value[tokens.at(N_FIELDS)], DECLARATIONS)
        part.leave_out((tokens.value[tokens.first] != VEHICLE) | declared)

    def _instants(self, part: Part, tokens: Tokens) -> Integers:
        date, time = tokens.at(DATE), tokens.at(TIME)
        value, digits = tokens.value[date], tokens.size[date]
        year = value // 10_000
        year += np.where(digits == DATE_DIGITS[0], np.where(year > CENTURY_TURN, 1900, 2000), 0)
        clock, clock_digits = tokens.value[time], tokens.size[time]
        sound = np.isin(digits, DATE_DIGITS) & (value >= 0) & (clock >= 0)
        sound &= (clock_digits >= TIME_DIGITS[0]) & (clock_digits <= TIME_DIGITS[1])
        # The digits behind the seconds are tenths, hundredths or thousandths.
        clock = clock * 10 ** np.clip(TIME_DIGITS[1] - clock_digits, 0, TIME_DIGITS[1] - TIME_DIGITS[0])
        instants = calendar_ms(
            (year, value // 100 % 100, value % 100),
            (clock // 10_000_000, clock // 100_000 % 100, clock % 100_000),
            self.zone,
        )
        sound &= instants != UNKNOWN_TIME
        expected = f"a local date and time of {self.zone}"

        def reason(position: int) -> str:
            return f"{_got(tokens, position, DATE, expected)} and {tokens.text(time[position])[:60]!r}"

        part.refuse(~sound, "date", "bad_time", reason)
        return instants


def _expect_basic_fields(part: Part, tokens: Tokens, basic: Integers) -> None:
    least, most = BASIC_FIELDS
    expected = f"{least} to {most} basic fields"
    other = (basic < least) | (basic > most)
    part.refuse(other, "fields", "field_count", lambda p: _got(tokens, p, N_FIELDS, expected))
    part.refuse(
        tokens.count < basic + 2,
        "fields",
        "field_count",
        lambda p: f"expected {basic[p]} basic fields, got {tokens.count[p] - 2}",
    )


def _number(
    part: Part, tokens: Tokens, name: str, place: int, most: int, *, required: bool = True
) -> Integers:
    """Return one basic field, (N,), -1 where the line has none."""
    value = np.where(tokens.count > place, tokens.value[tokens.at(place)], -1)
    wrong = (value > most) | (value < (0 if required else -1))
    part.refuse(wrong, name, "bad_integer", lambda p: _got(tokens, p, place, f"a whole number up to {most}"))
    return value


def _got(tokens: Tokens, position: int, place: int, expected: str) -> str:
    got = tokens.text(int(tokens.first[position]) + place) if place < tokens.count[position] else ""
    return f"expected {expected}, got {got[:60]!r}"


def _identified(part: Part, tokens: Tokens, blocks: Blocks) -> tuple[list[Reference], NDArray[np.object_]]:
    """Return the images that lines name, and the plate (N,) that the station read."""
    images = blocks.values["V"]
    plates = no_text(len(part))
    references: list[Reference] = []
    for position in np.flatnonzero(part.kept & blocks.seen["V"]).tolist():
        first = int(images.first[position])
        plates[position] = tokens.text(first - 1)[:PLATE_CHARACTERS]
        names = [tokens.text(first + number) for number in range(int(images.count[position]))]
        unsafe = [name for name in names if name and not is_url(name) and not is_plain_name(name)]
        if unsafe:
            wrong = np.arange(len(part)) == position
            part.refuse(
                wrong, "V", "unsafe_name", f"expected a plain file name or a URL, got {unsafe[0][:60]!r}"
            )
            continue
        row = int(part.row[position])
        references += [Reference(row=row, kind=FrameKind.UNKNOWN, name=name) for name in names if name]
    return references, plates
