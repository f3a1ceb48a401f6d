"""What several kinds of document hold: agency, party, vehicle, weighing, worked sum, photographs."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, InstanceOf, PlainSerializer, computed_field, model_validator

from models.values.money import Consequence
from models.values.plates import PlateColour
from notices.documents.fields import Day, Fen, Form, Kg, Line, Lines, Moment, Sha256, format_percent

Province = Literal["浙江", "上海"]


class Agency(Form):
    """The agency that issues: as it is named, reached, paid, and appealed against."""

    name: Line = Field(description="full name, as on the seal")
    mark: Line = Field(description="short name in document numbers")
    province: Province = Field(description="province whose law it applies")
    address: Lines = Field(description="address")
    phone: Line = Field(description="telephone")
    contact: Line = Field(description="person or desk that answers")
    handling_place: Lines = Field(description="where owners come to be heard")
    payment: Lines = Field(description="how and to which bank a fine is paid")
    review_body: Line = Field(description="body that decides on review")
    court: Line = Field(description="court that hears a suit")


class OtherAgency(Form):
    """An agency that a letter goes to."""

    name: Line
    address: Lines | None = None


class Person(Form):
    """A natural person as party."""

    kind: Literal["person"] = "person"
    name: Line
    identity_number: Line
    address: Lines
    phone: Line | None = None


class Company(Form):
    """An organisation as party."""

    kind: Literal["company"] = "company"
    name: Line
    credit_code: Line
    legal_representative: Line
    address: Lines
    phone: Line | None = None


Party = Annotated[Person | Company, Field(discriminator="kind")]


class Vehicle(Form):
    """A vehicle by its plate."""

    plate: Annotated[str, Field(pattern=r"^[\u4e00-\u9fff][A-Z0-9]{5,7}[\u4e00-\u9fff]?$")]
    colour: Annotated[PlateColour, PlainSerializer(lambda colour: colour.label, when_used="json")]


class Weighing(Form):
    """One passage over the scale: measured, deducted, decided, and held against the limit."""

    station: Line
    place: Line
    direction: Line
    lane: Line
    certificate: Line
    device: Line
    passed_at: Moment
    vehicle: Vehicle
    axle_kg: Annotated[tuple[Kg, ...], Field(min_length=2, max_length=12)]
    spacing_mm: tuple[Annotated[int, Field(gt=0, lt=30_000)], ...] = ()
    gross_kg: Kg
    tolerance: Line
    decided_kg: Kg
    limit_kg: Kg
    limit_rule: Line
    excess_kg: Kg

    @computed_field
    def axles(self) -> int:
        """Return the number of axles."""
        return len(self.axle_kg)

    @computed_field
    def excess_percent(self) -> str:
        """Return how far over the limit, in percent."""
        return format_percent(self.excess_kg, self.limit_kg)

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.decided_kg > self.gross_kg:
            raise ValueError(f"decided_kg {self.decided_kg} is above gross_kg {self.gross_kg}")
        if self.excess_kg != self.decided_kg - self.limit_kg:
            raise ValueError(f"excess_kg {self.excess_kg} is not decided_kg less limit_kg")
        if self.spacing_mm and len(self.spacing_mm) != len(self.axle_kg) - 1:
            raise ValueError(f"{len(self.axle_kg)} axles, but {len(self.spacing_mm)} spacings")
        return self


def _working(worked: Consequence) -> dict[str, Any]:
    steps = [{"what": one.what, "working": one.working, "article": one.article} for one in worked.steps]
    rest = worked.lines()[len(worked.steps) :]
    return {
        "steps": steps,
        "rest": [line.partition(". ")[2] for line in rest],
        "band": worked.band.label,
        "articles": worked.articles,
        "ranges": [str(one) for one in worked.ranges],
    }


WorkedSum = Annotated[InstanceOf[Consequence], PlainSerializer(_working, when_used="json")]


class Review(Form):
    """First and second review: two officers, and the day of the second."""

    first: Line
    second: Line
    on: Day

    @model_validator(mode="after")
    def _two_officers(self) -> Self:
        if self.first == self.second:
            raise ValueError(f"second: expected another officer than {self.first}")
        return self


class Photograph(Form):
    """A frame by its digest; the renderer fetches the bytes and holds them against it."""

    sha256: Sha256
    shows: Line
    taken_at: Moment | None = None


class Lowered(Form):
    """Why the fine is below the one that the party was told."""

    from_fen: Fen
    ground: Line
    article: Line


class Act(Form):
    """What makes a paper one numbered act: number, code of the act, date."""

    number: Line
    code: Annotated[str, Field(pattern=r"^[0-9A-HJKMNP-TV-Z]{16}$")]
    issued_on: Day
