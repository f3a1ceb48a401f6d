"""The notice of a hearing comes seven working days before it, or another day must be fixed."""

from datetime import date

import papers
import pytest

from notices.documents.kinds import DocumentKind


@pytest.mark.parametrize(
    ("told_on", "too_late"),
    [
        # 20 July 2026 is a Monday: seven working days lie between 8 July and it.
        (date(2026, 7, 1), False),
        (date(2026, 7, 8), False),
        (date(2026, 7, 9), True),
        (date(2026, 7, 20), True),
    ],
)
def test_it_is_not_issued_too_late(told_on: date, too_late: bool) -> None:
    why = papers.paper(DocumentKind.HEARING_NOTICE, hearing_on=date(2026, 7, 20)).obstacle_on(told_on)
    assert bool(why) == too_late
    assert not too_late or "2026-07-08" in why


def test_other_documents_may_be_issued_on_any_day() -> None:
    assert papers.paper(DocumentKind.DECISION).obstacle_on(date(2026, 7, 20)) == ""
