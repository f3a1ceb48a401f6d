"""Notice by SMS through an HTTP gateway.

The gateway's contract: `PUT {url}/messages/{reference}` with JSON `to`, `text` (201 new, 200 known already;
400, 404, 422 never; all else later); `GET {url}/messages/{reference}` answers JSON `state` (`queued`,
`delivered`, `failed`), `on` (day, of a delivery) and `reason`. A bearer token goes with each request.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.values.service import Channel, Outcome
from notices.service.carriers import CarrierAwayError, CarrierRefusedError, Parcel, Report

NEVER = frozenset({400, 404, 422})
MOST_BYTES = 64_000


class GatewayStatus(BaseModel):
    """What the gateway says of a message."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: Literal["queued", "delivered", "failed"]
    on: date | None = None
    reason: str = Field(default="", max_length=200)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsCarrier:
    """Sends by SMS: which paper came, and where it can be read with code and plate."""

    url: str
    client: httpx.Client
    token: str = field(default="", repr=False)

    @property
    def channel(self) -> Channel:
        """Return the channel."""
        return Channel.SMS

    def send(self, parcel: Parcel, on: date) -> Report:
        """Hand the message to the gateway."""
        text = (
            f"【{parcel.agency}】您有一份《{parcel.title}》（{parcel.number}），"
            f"请凭文书码{parcel.code}和号牌后四位查阅：{parcel.look_up_url}"
        )
        answer = self._ask("PUT", parcel.reference, json={"to": parcel.contact.phone, "text": text})
        if answer.status_code in NEVER:
            raise CarrierRefusedError(f"SMS gateway refused: {answer.status_code}")
        if answer.status_code not in {200, 201}:
            raise CarrierAwayError(f"SMS gateway: {answer.status_code}")
        return Report(outcome=Outcome.SENT, on=on, tracking=parcel.reference, proof=text.encode())

    def follow(self, reference: str, sent: Report, today: date) -> Report | None:
        """Ask the gateway what came of it; a delivery before the sending or to come is not believed."""
        answer = self._ask("GET", reference)
        if answer.status_code != httpx.codes.OK:
            raise CarrierAwayError(f"SMS gateway: {answer.status_code}")
        try:
            status = GatewayStatus.model_validate_json(answer.content)
        except ValidationError as error:
            raise CarrierAwayError("SMS gateway: an answer that is none") from error
        match status.state:
            case "delivered" if status.on is not None and sent.on <= status.on <= today:
                return Report(
                    outcome=Outcome.DELIVERED, on=status.on, tracking=reference, proof=answer.content
                )
            case "failed":
                return Report(outcome=Outcome.FAILED, on=today, reason=status.reason or "短信未到达")
            case _:
                return None

    def _ask(self, method: str, reference: str, json: dict[str, str] | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            answer = self.client.request(
                method, f"{self.url}/messages/{reference}", json=json, headers=headers
            )
        except httpx.HTTPError as error:
            raise CarrierAwayError(f"SMS gateway: {type(error).__name__}") from error
        if len(answer.content) > MOST_BYTES:
            raise CarrierAwayError("SMS gateway: the answer is too large")
        return answer
