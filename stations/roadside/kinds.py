"""The vehicle kinds on the road at night: axles, spacings, empty mass and where the load rests."""

from dataclasses import dataclass

from stations.roadside.vehicle import Layout


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleKind:
    """A kind of vehicle and its share of the traffic.

    Ranges are (least, most); `spacing_mm_ranges` runs front to rear; `empty_parts` and `load_parts`
    say which share of the empty mass and of the load each axle bears. `limit_kg` is the gross limit of
    交通运输部令 2016 no. 62, art. 3.
    """

    share: float
    layout: Layout
    limit_kg: int
    empty_kg: tuple[int, int]
    spacing_mm_ranges: tuple[tuple[int, int], ...]
    empty_parts: tuple[float, ...]
    load_parts: tuple[float, ...]
    overhang_mm: tuple[int, int] = (2300, 3200)

    @property
    def axle_count(self) -> int:
        """How many axles stand on the road."""
        return len(self.empty_parts)


_TWIN_STEER = (1800, 2100)
_TANDEM = (1320, 1380)
_TRAILER_GROUP = (1290, 1330)

LIGHT_KIND = VehicleKind(
    share=0.22,
    layout=Layout.LIGHT,
    limit_kg=18_000,
    empty_kg=(1100, 2300),
    spacing_mm_ranges=((2500, 3300),),
    empty_parts=(0.56, 0.44),
    load_parts=(0.35, 0.65),
    overhang_mm=(1500, 2000),
)

TRUCK_KINDS = (
    VehicleKind(
        share=0.23,
        layout=Layout.RIGID,
        limit_kg=18_000,
        empty_kg=(4500, 7500),
        spacing_mm_ranges=((3300, 6000),),
        empty_parts=(0.52, 0.48),
        load_parts=(0.30, 0.70),
    ),
    VehicleKind(
        share=0.08,
        layout=Layout.RIGID,
        limit_kg=25_000,
        empty_kg=(9000, 11_500),
        spacing_mm_ranges=((4200, 5800), _TANDEM),
        empty_parts=(0.42, 0.30, 0.28),
        load_parts=(0.12, 0.45, 0.43),
    ),
    VehicleKind(
        share=0.17,
        layout=Layout.RIGID,
        limit_kg=31_000,
        empty_kg=(12_000, 15_500),
        spacing_mm_ranges=(_TWIN_STEER, (3800, 5200), _TANDEM),
        empty_parts=(0.24, 0.24, 0.27, 0.25),
        load_parts=(0.10, 0.14, 0.385, 0.375),
    ),
    VehicleKind(
        share=0.03,
        layout=Layout.ARTICULATED,
        limit_kg=36_000,
        empty_kg=(11_500, 13_500),
        spacing_mm_ranges=((3400, 3900), (5500, 7500), _TRAILER_GROUP),
        empty_parts=(0.36, 0.26, 0.19, 0.19),
        load_parts=(0.08, 0.32, 0.30, 0.30),
    ),
    VehicleKind(
        share=0.03,
        layout=Layout.ARTICULATED,
        limit_kg=43_000,
        empty_kg=(12_500, 14_500),
        spacing_mm_ranges=((3400, 3900), (4800, 6500), _TRAILER_GROUP, _TRAILER_GROUP),
        empty_parts=(0.34, 0.24, 0.14, 0.14, 0.14),
        load_parts=(0.06, 0.25, 0.23, 0.23, 0.23),
    ),
    VehicleKind(
        share=0.03,
        layout=Layout.ARTICULATED,
        limit_kg=43_000,
        empty_kg=(13_500, 15_500),
        spacing_mm_ranges=((3000, 3400), _TANDEM, (5500, 7500), _TRAILER_GROUP),
        empty_parts=(0.34, 0.19, 0.18, 0.145, 0.145),
        load_parts=(0.05, 0.235, 0.235, 0.24, 0.24),
    ),
    VehicleKind(
        share=0.18,
        layout=Layout.ARTICULATED,
        limit_kg=49_000,
        empty_kg=(14_000, 17_000),
        spacing_mm_ranges=((2950, 3400), _TANDEM, (4900, 6400), _TRAILER_GROUP, _TRAILER_GROUP),
        empty_parts=(0.33, 0.16, 0.15, 0.12, 0.12, 0.12),
        load_parts=(0.04, 0.20, 0.20, 0.19, 0.185, 0.185),
    ),
    VehicleKind(
        share=0.02,
        layout=Layout.CENTRE_AXLE,
        limit_kg=36_000,
        empty_kg=(12_500, 14_500),
        spacing_mm_ranges=((4800, 5600), (6500, 7800), _TRAILER_GROUP),
        empty_parts=(0.34, 0.30, 0.18, 0.18),
        load_parts=(0.12, 0.34, 0.27, 0.27),
    ),
    VehicleKind(
        share=0.01,
        layout=Layout.FULL_TRAILER,
        limit_kg=49_000,
        empty_kg=(15_500, 17_500),
        spacing_mm_ranges=((4200, 4900), _TANDEM, (3600, 4400), (4600, 5400), _TRAILER_GROUP),
        empty_parts=(0.28, 0.17, 0.16, 0.14, 0.125, 0.125),
        load_parts=(0.06, 0.19, 0.19, 0.19, 0.185, 0.185),
    ),
)

KINDS = (LIGHT_KIND, *TRUCK_KINDS)
