"""The grammar of civil number plates (GA 36): which characters may stand in which place."""

from dataclasses import dataclass

PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
DIGITS = "0123456789"
# I never appears. O appears only as the second character, on older plates such as 粤O.
OFFICES = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
SERIALS = DIGITS + "ABCDEFGHJKLMNPQRSTUVWXYZ"
# The letter that marks a new-energy plate: the first five for purely electric vehicles.
NEW_ENERGY = "DABCEFGHJK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One layout of a plate: for each place the characters that may stand there."""

    name: str
    slots: tuple[str, ...]

    def __len__(self) -> int:
        """Return the number of characters."""
        return len(self.slots)

    def matches(self, text: str) -> bool:
        """Whether `text` is a plate of this layout."""
        return len(text) == len(self) and all(c in slot for c, slot in zip(text, self.slots, strict=True))


PATTERNS: tuple[Pattern, ...] = (
    # 挂 trailers, 学 learners, 警 police; 挂 must never be taken for 桂, the province, or the reverse.
    Pattern(name="ordinary", slots=(PROVINCES, OFFICES, *(SERIALS,) * 4, SERIALS + "挂学警")),
    Pattern(name="hong kong and macao", slots=("粤", "Z", *(SERIALS,) * 4, "港澳")),
    Pattern(name="new energy, small", slots=(PROVINCES, OFFICES, NEW_ENERGY, SERIALS, *(DIGITS,) * 4)),
    Pattern(name="new energy, large", slots=(PROVINCES, OFFICES, *(DIGITS,) * 5, NEW_ENERGY)),
    Pattern(name="embassy", slots=(*(DIGITS,) * 6, "使")),
    Pattern(name="embassy, sign first", slots=("使", *(DIGITS,) * 6)),
    Pattern(name="consulate", slots=(PROVINCES, OFFICES, *(DIGITS,) * 4, "领")),
)


def pattern_of(text: str) -> Pattern | None:
    """Return the layout of a plate's text (no dot, no spaces), or None where it is no civil plate."""
    return next((pattern for pattern in PATTERNS if pattern.matches(text)), None)
