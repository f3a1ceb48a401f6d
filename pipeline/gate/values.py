"""What the gate measures: kinds, one day's measures of a lane, and statistics held against thresholds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from models.values.labelled import Labelled


class Kind(Labelled):
    """One statistic of a lane; the value is the word in database, export and log."""

    SIDES_REPEAT = "sides_repeat", "左右轮重逐轴相同"
    SYMMETRY = "symmetry", "左侧轮重占比"
    GROSS_MASS = "gross_mass", "总质量偏移"
    FIRST_AXLE = "first_axle", "首轴轴重偏移"
    TANDEM_SPACING = "tandem_spacing", "联轴轴距"
    HEAVY_SHARE = "heavy_share", "超过限值两倍的车辆"
    PLATE_UNREAD = "plate_unread", "号牌未识别"
    RECORD_GAP = "record_gap", "记录中断"
    CLOCK_DRIFT = "clock_drift", "时钟偏差"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One statistic of one lane on one day.

    Attributes:
        n: records it rests on.
        value: % for shares and shifts, mm for spacing, seconds for the clock, vehicles for a gap.
        spread: standard deviation of the daily value on a healthy lane, same unit; 0 where not used.
        reference: the lane's own value after verification, None where there is none.

    """

    kind: Kind
    n: int
    value: float
    spread: float = 0.0
    reference: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneDay:
    """What one local day of one lane showed; what the nightly run stores."""

    lane: int
    day: date
    measures: tuple[Measure, ...]

    def measure(self, kind: Kind) -> Measure | None:
        """Return the measure of that kind, None where the day has none."""
        return next((one for one in self.measures if one.kind is kind), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistic:
    """A statistic of the rolling window held against its thresholds, as a person reads it.

    `watch` and `bar` are distances from `ground`, None where it never decides. `watch_score` and
    `bar_score` are the fraction of the threshold reached: 1 is at it. Both are None where the records
    are too few to say anything.
    """

    kind: Kind
    n: int
    value: float
    reference: float | None
    ground: float
    watch: float | None
    bar: float | None
    watch_score: float | None
    bar_score: float | None
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Thresholds of a level: distance from a nominal value, and from the lane's own reference.

    Attributes:
        minimum: fewest records of a day that say something.
        days: the window's value is the median of so many days.
        nominal: what a sound device shows at any site.
        watch, bar: distance from `nominal`; None: never on this ground.
        own_watch, own_bar: distance from the lane's own reference.

    """

    minimum: int
    days: int
    nominal: float
    watch: float | None = None
    bar: float | None = None
    own_watch: float | None = None
    own_bar: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """When a lane is watched or barred; tuned on simulated lanes only.

    Shifts of mass go through two cumulative sums (Page 1954) of the daily value in units of
    `max(shift_unit_percent, spread)`: a sensitive one for watching and one for barring whose slack follows
    the certificate's maximum permissible error, since a shift inside it is covered by the tolerance. The
    gross mass alone never bars: another cargo moves it; the first axle at the same proportions it can't.

    Attributes:
        shift_minimum: fewest records of a day for a shift.
        shift_unit_percent: daily spread taken at least, so that a busy lane is not oversensitive.
        watch_slack_percent, bar_slack_percent: daily shift that is let pass.
        decision: the sum, in daily spreads, that decides.
        cap: highest sum kept, so that a mended lane recovers.
        memory_days: days the sums look back.
        enter_windows: consecutive windows over a threshold that change the standing.
        leave_windows: consecutive windows under `release` times every threshold that improve it.

    """

    bounds: Mapping[Kind, Bound] = field(default_factory=lambda: BOUNDS)
    shift_minimum: int = 60
    shift_unit_percent: float = 1.0
    watch_slack_percent: float = 1.5
    bar_slack_percent: float = 3.5
    decision: float = 4.0
    cap: float = 8.0
    memory_days: int = 60
    enter_windows: int = 1
    leave_windows: int = 5
    release: float = 0.6


# Rules of thumb of the field (left and right differ by 10 %: share 2.5 points off; tandems of 1.3 to 1.4 m)
# and of what no sound lane shows; the simulated lanes confirm that healthy traffic stays inside.
BOUNDS: Mapping[Kind, Bound] = MappingProxyType(
    {
        Kind.SIDES_REPEAT: Bound(minimum=50, days=1, nominal=0, watch=10, bar=25),
        Kind.SYMMETRY: Bound(minimum=50, days=3, nominal=50, watch=2.5, bar=5, own_watch=1.5, own_bar=3),
        Kind.TANDEM_SPACING: Bound(
            minimum=50, days=3, nominal=1350, watch=110, bar=200, own_watch=30, own_bar=70
        ),
        Kind.HEAVY_SHARE: Bound(minimum=50, days=7, nominal=0, watch=5, bar=20),
        Kind.PLATE_UNREAD: Bound(minimum=50, days=3, nominal=0, watch=30),
        Kind.RECORD_GAP: Bound(minimum=1, days=1, nominal=0, watch=60),
        Kind.CLOCK_DRIFT: Bound(minimum=1, days=1, nominal=0, watch=2, bar=30),
    }
)


def thresholds_for(mpe_percent: float) -> Thresholds:
    """Return the thresholds of a lane whose certificate has that in-service error (JJG 907), % of mass."""
    return Thresholds(bar_slack_percent=max(0.7 * mpe_percent, 2.0))
