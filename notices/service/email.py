"""Electronic service by e-mail (SMTP with TLS): to those who agreed to it in writing."""

import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr
from typing import Literal

from models.values.service import Channel, Outcome
from notices.service.carriers import CarrierAwayError, CarrierRefusedError, Parcel, Report

BUSY = 400
LASTING = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """The server that takes our mail; `password` comes from a file or variable, never from the settings."""

    host: str
    port: int
    sender: str
    security: Literal["tls", "starttls", "none"] = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    timeout_s: float = 20
    context: Callable[[], ssl.SSLContext] = ssl.create_default_context


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailCarrier:
    """Sends by mail. What the server took counts as sent; without a bounce for `quiet_days`, as delivered."""

    server: MailServer
    quiet_days: int = 1

    @property
    def channel(self) -> Channel:
        """Return the channel."""
        return Channel.ELECTRONIC

    def send(self, parcel: Parcel, on: date) -> Report:
        """Send the document; the message as it was sent is the proof."""
        if not parcel.contact.email.isascii():
            raise CarrierRefusedError("the address is none that mail can carry")
        message = self._message(parcel)
        raw = message.as_bytes(policy=SMTP)
        try:
            client = self._connected()
            try:
                refused = client.sendmail(self.server.sender, [parcel.contact.email], raw)
            finally:
                # Whatever the farewell comes to, a message that was taken was taken.
                with suppress(smtplib.SMTPException, OSError):
                    client.quit()
                client.close()
        except smtplib.SMTPDataError as error:
            raise _kind(error.smtp_code)(f"mail server: {error.smtp_code}") from error
        except smtplib.SMTPResponseException as error:
            # Password, sender, greeting: between us and the server, and no failure of the service.
            raise CarrierAwayError(f"mail server: {error.smtp_code}") from error
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise _kind(code)(f"mail server refused the recipient: {code}") from error
        except (smtplib.SMTPException, OSError) as error:
            raise CarrierAwayError(f"mail server {self.server.host}: {type(error).__name__}") from error
        if refused:
            raise CarrierRefusedError("mail server refused the recipient")
        return Report(outcome=Outcome.SENT, on=on, tracking=str(message["Message-ID"]), proof=raw)

    def follow(self, reference: str, sent: Report, today: date) -> Report | None:  # noqa: ARG002 (the protocol's)
        """Return that it was delivered on the day it was sent, once no bounce has come for some days."""
        if today - sent.on < timedelta(days=self.quiet_days):
            return None
        return Report(outcome=Outcome.DELIVERED, on=sent.on, tracking=sent.tracking)

    def _connected(self) -> smtplib.SMTP:
        given = self.server
        if given.security == "tls":
            client: smtplib.SMTP = smtplib.SMTP_SSL(
                given.host, given.port, timeout=given.timeout_s, context=given.context()
            )
        else:
            client = smtplib.SMTP(given.host, given.port, timeout=given.timeout_s)
        try:
            if given.security == "starttls":
                # A server that offers no TLS is refused: what is sent is personal.
                client.starttls(context=given.context())
            if given.user:
                client.login(given.user, given.password)
        except BaseException:
            client.close()
            raise
        return client

    def _message(self, parcel: Parcel) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"] = formataddr((parcel.agency, self.server.sender))
        message["To"] = parcel.contact.email
        message["Subject"] = f"{parcel.title} {parcel.number}"
        # The same message sent again is known to be the same.
        message["Message-ID"] = f"<{parcel.reference}@{self.server.sender.rpartition('@')[2]}>"
        message.set_content(
            f"{parcel.contact.name}：\n\n依据您签订的送达地址确认书，现向您电子送达《{parcel.title}》"
            f"（{parcel.number}），全文见附件。\n核验与查询：{parcel.look_up_url}\n文书码：{parcel.code}\n\n{parcel.agency}\n"
        )
        message.add_attachment(
            parcel.pdf, maintype="application", subtype="pdf", filename=f"{parcel.title}-{parcel.code}.pdf"
        )
        return message


def _kind(code: int) -> type[CarrierAwayError | CarrierRefusedError]:
    return CarrierAwayError if BUSY <= code < LASTING else CarrierRefusedError
