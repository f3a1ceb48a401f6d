"""What every document is, and what one about a weighing is beside."""

from datetime import date
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, computed_field, model_validator

from models.values.money import Band
from models.values.periods import Period
from notices.documents.fields import Fen, Form, Line
from notices.documents.kinds import DocumentKind
from notices.documents.parts import Act, Agency, Lowered, Party, Photograph, Review, Weighing, WorkedSum


class Paper(Form):
    """A document: its contents, and the act that it becomes once it has a number.

    `periods` are the statutory periods that its template prints.
    """

    kind: ClassVar[DocumentKind]
    periods: ClassVar[tuple[Period, ...]] = ()

    agency: Agency
    case_number: Line
    act: Act | None = None

    def numbered(self, act: Act) -> Self:
        """Return the document as that act."""
        return self.model_copy(update={"act": act})

    def obstacle_on(self, day: date) -> str:
        """Return why it may not be issued on that day, in words for people; "" where it may."""
        del day
        return ""

    @property
    def photographs_shown(self) -> tuple[Photograph, ...]:
        """Return the photographs that the template places, in order."""
        return ()

    def words(self) -> dict[str, Any]:
        """Return what the template prints, as text."""
        periods = {
            one.code: {
                "begins": one.begins,
                "length": f"{one.length}{one.count.label}",
                "article": one.article,
                "default": one.default,
            }
            for one in self.periods
        }
        return self.model_dump(mode="json") | {"title": self.kind.label, "periods": periods}


class Worked(Paper):
    """A document about one weighing and what follows from it.

    The worked sum must speak of the same masses as the weighing, and its band must be one of `bands`.
    """

    bands: ClassVar[frozenset[Band]] = frozenset({Band.WARNING, Band.FINE})

    weighing: Weighing
    calculation: WorkedSum

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.calculation.band not in self.bands:
            allowed = "、".join(band.label for band in Band if band in self.bands)
            raise ValueError(f"calculation: expected {allowed}, got {self.calculation.band.label}")
        told = {step.what: step.quantity for step in self.calculation.steps}
        masses = {
            "认定车货总质量": self.weighing.decided_kg,
            "最高限值": self.weighing.limit_kg,
            "超限质量": self.weighing.excess_kg,
        }
        for what, mass_kg in masses.items():
            if told.get(what) != mass_kg:
                raise ValueError(f"calculation: {what} is {told.get(what)}, but the weighing has {mass_kg}")
        return self


class Charged(Worked):
    """The same, told to the party: only after two officers have confirmed the record (行政处罚法 art. 41)."""

    party: Party
    review: Review


class Fined(Worked):
    """A document that names a penalty; its amount must be that of the calculation, absent for a warning.

    Where the fine was `lowered`, it is that amount.
    """

    amount_fen: Fen | None = None
    lowered: Lowered | None = None

    @computed_field
    def penalty(self) -> str:
        """Return the kind of penalty."""
        return self.calculation.band.label

    @model_validator(mode="after")
    def _amount_agrees(self) -> Self:
        worked, given = self.calculation.amount_fen, self.amount_fen or 0
        if self.lowered is None and given != worked:
            message = f"amount_fen {self.amount_fen}, but the calculation gives {worked}"
            raise ValueError(message)
        if self.lowered is not None and not 0 < given < self.lowered.from_fen <= worked:
            message = f"lowered: {given} from {self.lowered.from_fen}, but the calculation gives {worked}"
            raise ValueError(message)
        return self


Photographs = Annotated[tuple[Photograph, ...], Field(max_length=6)]
Evidence = Annotated[tuple[Line, ...], Field(min_length=1, max_length=20)]
