"""The other way in: NATS JetStream, for many stations. Same messages, same credentials, same take-in.

Subjects are zhichao.<station>.records, .frames and .heartbeat. A message is acknowledged once it is
committed; until then the broker gives it again, and what comes twice changes nothing. Needs the package
nats-py, an extra.
"""

import asyncio
import logging
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, RetentionPolicy, StreamConfig

from models.database import DatabaseUnavailableError
from models.values.states import Via
from stations.names import is_plain_name
from stations.push.app import Sender, expect_frame, heartbeat_of, station_of, take_heartbeat
from stations.push.gather import FILES_MAX
from stations.push.refusals import Reason, RefusedError
from stations.push.settings import Push
from stations.push.take_in import FULL_S, NOT_NOW_S, Delivery, Receipt, TakeIn, records_name
from stations.station import Station

LOGGER = logging.getLogger(__name__)
STREAM, CONSUMER, ROOT = "zhichao", "take-in", "zhichao"
TOKENS = 3
# Given again after this long without an acknowledgement; a take-in takes a few seconds at most.
ACK_WAIT_S = 30.0
FETCH_S, MESSAGES = 1.0, 100


def subject(station_id: str, kind: str) -> str:
    """Return where a station's records, frames or heartbeats go."""
    return f"{ROOT}.{station_id}.{kind}"


@dataclass(slots=True, kw_only=True)
class Broker:
    """Takes what lies in the stream, many messages in one transaction; `problem` says why it does not now."""

    take_in: TakeIn
    stations: Mapping[str, Station]
    push: Push
    problem: str = "not connected yet"

    async def run(self, stop: threading.Event) -> None:
        """Take until told to stop; a broker that is away is waited for."""
        client = Client()
        try:
            await self._connect(client, stop)
            while not stop.is_set():
                try:
                    await self._consume(client, stop)
                except (NatsError, TimeoutError, OSError) as error:
                    self.problem = str(error) or type(error).__name__
                    LOGGER.warning("broker.away", extra={"error": self.problem})
                    await asyncio.sleep(1)
        finally:
            with suppress(NatsError, OSError, TimeoutError):
                await client.close()

    async def _connect(self, client: Client, stop: threading.Event) -> None:
        """Connect, however long that takes, unless told to stop."""
        connecting = asyncio.create_task(
            client.connect(
                servers=[one.strip() for one in self.push.broker.split(",")],
                user_credentials=self.push.broker_credentials or None,
                max_reconnect_attempts=-1,
                reconnect_time_wait=1,
                allow_reconnect=True,
                error_cb=_told,
            )
        )
        while not stop.is_set():
            done, _ = await asyncio.wait([connecting], timeout=FETCH_S)
            if done:
                await connecting
                return
        connecting.cancel()

    async def _consume(self, client: Client, stop: threading.Event) -> None:
        stream = client.jetstream()
        await make_stream(stream)
        config = ConsumerConfig(ack_wait=ACK_WAIT_S, max_ack_pending=4 * FILES_MAX)
        pulling = await stream.pull_subscribe(f"{ROOT}.*.*", durable=CONSUMER, stream=STREAM, config=config)
        while not stop.is_set():
            # It connects again by itself; until then a look finds nothing, as where nothing waits.
            self.problem = "" if client.is_connected else "the connection is lost"
            try:
                messages = await pulling.fetch(MESSAGES, timeout=FETCH_S)
            except TimeoutError:
                continue
            await self._take(messages)

    async def _take(self, messages: Sequence[Msg]) -> None:
        """Take messages in and acknowledge what is kept; what is refused for good is ended."""
        deliveries, of_delivery = [], []
        for message in messages:
            try:
                delivery = await asyncio.to_thread(self._delivery, message)
            except RefusedError as error:
                await _refuse(message, error)
                continue
            except DatabaseUnavailableError:
                await message.nak(delay=NOT_NOW_S)
                continue
            except Exception:
                # One that nobody foresaw must not keep the others out; it stays with the broker.
                LOGGER.exception("broker.failed", extra={"subject": message.subject})
                await message.nak(delay=FULL_S)
                continue
            if delivery is None:
                await message.ack()
            else:
                deliveries.append(delivery)
                of_delivery.append(message)
        if not deliveries:
            return
        answers = await asyncio.to_thread(self.take_in.take, deliveries)
        for message, answer in zip(of_delivery, answers, strict=True):
            if isinstance(answer, Receipt):
                await message.ack()
            else:
                await _refuse(message, answer)

    def _delivery(self, message: Msg) -> Delivery | None:
        """Return what a message delivers, None for a heartbeat, which is taken at once."""
        parts = message.subject.split(".")
        headers = message.headers or {}
        authorization, tokens = headers.get("Authorization", ""), self.take_in.tokens
        credential = tokens.known(authorization) or tokens.ask(authorization)
        station = station_of(credential, self.stations)
        if len(parts) != TOKENS or parts[1] != station.id:
            raise RefusedError(Reason.OTHER_STATION, f"subject {message.subject}: not of {station.id}")
        body, name = message.data, headers.get("Zhichao-Name", "")
        match parts[2]:
            case "heartbeat":
                take_heartbeat(
                    self.take_in, Sender(credential=credential, station=station), heartbeat_of(body)
                )
                return None
            case "records":
                _bounded(body, self.push.record_bytes)
                name = records_name(station, body)
            case "frames":
                _bounded(body, self.push.frame_bytes)
                expect_frame(station, name)
                if not is_plain_name(name):
                    raise RefusedError(Reason.MALFORMED, "Zhichao-Name: expected a plain file name")
            case _:
                raise RefusedError(Reason.NO_SUCH_PLACE, f"subject {message.subject}")
        return Delivery(station=station, credential=credential, via=Via.BROKER, name=name, body=body)


async def make_stream(stream: JetStreamContext) -> None:
    """Make the stream where there is none: on disk, a message leaves it once it is acknowledged."""
    config = StreamConfig(
        name=STREAM, subjects=[f"{ROOT}.*.*"], retention=RetentionPolicy.WORK_QUEUE, duplicate_window=600
    )
    await stream.add_stream(config)


def _bounded(body: bytes, bytes_max: int) -> None:
    if len(body) > bytes_max:
        raise RefusedError(Reason.TOO_LARGE, f"at most {bytes_max} bytes, got {len(body)}")


async def _refuse(message: Msg, error: RefusedError) -> None:
    if error.reason.passes:
        await message.nak(delay=error.retry_after_s or NOT_NOW_S)
        return
    LOGGER.warning("broker.refused", extra={"subject": message.subject, "reason": str(error)})
    await message.term()


async def _told(error: Exception) -> None:
    LOGGER.warning("broker.error", extra={"error": str(error)})
