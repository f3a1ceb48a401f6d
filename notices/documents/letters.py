"""Letters to other agencies: registration province, partner, police."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from models.values.periods import CIRCULAR
from notices.documents.fields import Day, Form, Line, Lines, Moment
from notices.documents.kinds import DocumentKind
from notices.documents.paper import Evidence, Fined, Paper, Photographs
from notices.documents.parts import OtherAgency, Party, Photograph, Weighing

UNKNOWN = "未查明"
PlateAct = Literal[
    "故意遮挡号牌", "污损号牌", "不按规定安装号牌", "使用伪造、变造的号牌", "使用其他车辆的号牌"
]


class VehicleEntry(Form):
    """The truck and its operator (62号令 art. 44, first group); what is not known is said to be so."""

    vehicle_type: Line = UNKNOWN
    operator: Line = UNKNOWN
    transport_licence: Line = UNKNOWN


class DriverEntry(Form):
    """The driver (62号令 art. 44, second group): an owner's case rarely knows who drove."""

    name: Line = UNKNOWN
    qualification: Line = UNKNOWN
    employer: Line = UNKNOWN


class CargoEntry(Form):
    """The loading source (62号令 art. 44, third group)."""

    source: Line = UNKNOWN
    waybill: Line = UNKNOWN


class Circular(Fined):
    """A closed case is told to the province of registration (62号令 art. 44)."""

    kind: ClassVar = DocumentKind.CIRCULAR
    periods: ClassVar = (CIRCULAR,)

    to: OtherAgency
    vehicle: VehicleEntry
    driver: DriverEntry = DriverEntry()
    cargo: CargoEntry = CargoEntry()
    decision_number: Line
    decided_on: Day
    closed_on: Day
    other: Lines | None = None


class LeadTransfer(Paper):
    """A suspected act is handed to the partner that may deal with it."""

    kind: ClassVar = DocumentKind.LEAD_TRANSFER

    to: OtherAgency
    weighing: Weighing
    reason: Lines
    evidence: Evidence
    reply_to: Lines


class PoliceTransfer(Paper):
    """A covered or false plate is handed to the police (道路交通安全法 arts 95, 96)."""

    kind: ClassVar = DocumentKind.POLICE_TRANSFER

    to: OtherAgency
    act_found: Literal[
        "故意遮挡号牌", "污损号牌", "不按规定安装号牌", "使用伪造、变造的号牌", "使用其他车辆的号牌"
    ]
    place: Line
    seen_at: Moment
    description: Lines
    photographs: Annotated[Photographs, Field(min_length=1)]
    evidence: Evidence

    @property
    def photographs_shown(self) -> tuple[Photograph, ...]:
        """Return every frame."""
        return self.photographs


class Recognition(Paper):
    """The partner has fined this act already: no fine from us (行政处罚法 arts 25, 29)."""

    kind: ClassVar = DocumentKind.RECOGNITION

    party: Party
    weighing: Weighing
    partner: OtherAgency
    partner_decision: Line
    partner_decided_on: Day
    partner_filed_at: Moment
    same_act_reason: Lines
