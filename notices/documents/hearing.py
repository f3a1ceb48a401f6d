"""The notice of a hearing: when, where, before whom (行政处罚法 arts 63, 64)."""

from datetime import date
from typing import ClassVar

from pydantic import computed_field

from models.values.calendar import work_calendar
from models.values.due_dates import latest_notice
from models.values.periods import HEARING_NOTICE
from notices.documents.fields import Day, Line, Lines, format_day
from notices.documents.kinds import DocumentKind
from notices.documents.paper import Paper
from notices.documents.parts import Party


class HearingNotice(Paper):
    """The party is told of its hearing, seven working days before it at the latest."""

    kind: ClassVar = DocumentKind.HEARING_NOTICE
    periods: ClassVar = (HEARING_NOTICE,)

    party: Party
    notice_number: Line
    receipt: Line
    hearing_on: Day
    hearing_time: Line
    hearing_place: Lines
    chair: Line
    manner: Line = "公开举行"

    @computed_field
    def notify_by(self) -> str:
        """Return the last day on which the party may be told."""
        return format_day(self._last_on)

    @property
    def _last_on(self) -> date:
        return latest_notice(HEARING_NOTICE, self.hearing_on, work_calendar()).last_on

    def obstacle_on(self, day: date) -> str:
        """Return why it would come too late."""
        if day <= self._last_on:
            return ""
        late = f"通知至迟应在{self._last_on}送达（{HEARING_NOTICE.article}）"
        return f"听证定于{self.hearing_on}，{late}，须另定日期"
