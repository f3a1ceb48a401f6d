"""Messages a second from one agency's outbox into the other's log, beside bare signed POSTs.

Both over loopback TLS on one kept connection. The bare loop posts a message of the same size, signed the
same way, to a listener that checks the signature and answers: no database, no receipt, nothing kept.
"""

import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import runner
from fastapi import FastAPI, Request, Response

from models.database import Database
from models.leases import this_process
from models.values.plates import PlateColour
from notices.exchange.app import partner_app
from notices.exchange.exchange import Exchange
from notices.exchange.hop import sign_request, signer_of
from notices.exchange.kinds import Kind
from notices.exchange.listener import listener, tls_of
from notices.exchange.relay import Relay
from notices.exchange.wire import claim_fields
from notices.recognition.claim import Claim
from zhichao import exchange_wiring
from zhichao.demo_agency import free_port, two_installations
from zhichao.settings import Settings

NUMBERS = count(1)


def claim(agency: str, partner: str) -> Claim:
    """Return a claim on a vehicle of its own."""
    number = next(NUMBERS)
    return Claim(
        id=f"{agency}-{number}",
        agency=agency,
        plate=f"浙Z{number:05}",
        plate_colour=PlateColour.YELLOW,
        violation="overload",
        passed_ms=number,
        heading="",
        axles=6,
        gross_kg=60_000,
        mpe_percent=5.0,
        filed_ms=number,
        policy="assumed-1",
        scope=frozenset({partner}),
    )


def bare_app(exchange: Exchange, base_url: str) -> FastAPI:
    """Return a listener that checks the hop's signature and keeps nothing."""
    app = FastAPI()

    @app.post("/bare")
    async def bare(request: Request) -> Response:
        body = await request.body()
        url = base_url + request.url.path
        signer_of(exchange.ring, "POST", url, request.headers, body, now_ms=exchange.clock())
        return Response(body, media_type="application/json")

    return app


@contextmanager
def listening(app: FastAPI, settings: Settings) -> Iterator[None]:
    """Serve in a thread while the block runs."""
    keys = exchange_wiring.keys_folder(settings)
    certificates = [keys / partner.certificate for partner in settings.partners]
    server = listener(app, settings.agency, tls_of(settings.agency, keys, certificates))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield
    server.should_exit = True
    thread.join()


def main() -> None:
    """Time both, alternately."""
    given = runner.arguments(str(__doc__).splitlines()[0], rows=200, repeats=5)
    with tempfile.TemporaryDirectory() as folder:
        sender, receiver = two_installations(Settings(), Path(folder))
        ours = exchange_wiring.exchange(sender, Database(sender.url))
        theirs = exchange_wiring.exchange(receiver, Database(receiver.url))
        base = receiver.agency.base_url
        port = free_port()
        bare_agency = receiver.agency.model_copy(
            update={"port": port, "base_url": f"https://127.0.0.1:{port}"}
        )
        bare_settings = receiver.model_copy(update={"agency": bare_agency})
        with (
            listening(partner_app(theirs, base), receiver),
            listening(bare_app(theirs, bare_agency.base_url), bare_settings),
            exchange_wiring.client(sender) as client,
        ):
            relay = Relay(exchange=ours, partners=client.partners(), holder=this_process(60_000))
            body = ours.sign(
                1,
                to=receiver.agency.id,
                kind=Kind.CLAIM,
                message_id="claim/x/1",
                body=claim_fields(claim(sender.agency.id, receiver.agency.id)) | {"epoch": 1},
            )
            bare_client = exchange_wiring.https(
                exchange_wiring.keys_folder(sender), sender.partners[0].certificate
            )
            url = bare_agency.base_url + "/bare"

            def file() -> None:
                with ours.database.write("benchmark") as connection:
                    for _ in range(given.rows):
                        ours.file(connection, claim(sender.agency.id, receiver.agency.id))

            def exchange() -> None:
                received = 0
                while received < given.rows:
                    received += relay.round()

            def bare() -> None:
                for _ in range(given.rows):
                    headers = sign_request(ours.key, "POST", url, body)
                    bare_client.post(url, content=body, headers=headers).raise_for_status()

            cases = [
                runner.Case(name="exchange: outbox to receipt", run=exchange, rows=given.rows, prepare=file),
                runner.Case(name="bare signed POST", run=bare, rows=given.rows),
            ]
            seconds = runner.times_s(cases, given.repeats)
    names = [case.name for case in cases]
    medians = {name: statistics.median(seconds[name]) for name in names}
    rates = [f"{name}: {given.rows / median:.0f} messages a second" for name, median in medians.items()]
    ratio = runner.ratio_line("exchange / bare", seconds[names[0]], seconds[names[1]], "4 or less")
    packages = ("httpx", "uvicorn", "http-message-signatures", "cryptography", "sqlalchemy")
    runner.keep(
        "exchange", given, [*runner.machine(packages), *runner.time_lines(cases, seconds), *rates, ratio]
    )


if __name__ == "__main__":
    main()
