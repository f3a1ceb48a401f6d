"""A certificate that expires overnight: what stops, what waits, and that renewal mends it."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest
import stamina
import trustme
from hs_file import hs_row, write_hs
from nights import DAY, Night
from pushing import Pushing, upload
from sqlalchemy import func, select
from typer.testing import CliRunner

from models.database import Database
from models.leases import this_process
from models.renewed import Renewed
from models.tables import Passage
from models.values.states import Standing
from notices.exchange import outbox, tls
from notices.exchange.app import partner_app
from notices.exchange.kinds import AssistanceBody, Kind
from notices.exchange.listener import listener, tls_of
from notices.exchange.relay import Relay
from notices.seal.key import load_seal
from pipeline.export import lead_rows
from stations.push.agent import Agent, HttpSender
from stations.station import Station
from zhichao import exchange_wiring
from zhichao.agent_command import sending
from zhichao.cli import app
from zhichao.demo_agency import two_installations
from zhichao.doctor import here
from zhichao.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
NEVER_MS = 4_000_000_000_000
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    stamina.set_testing(True, attempts=1)
    yield
    stamina.set_testing(False)


def test_stations_keep_what_an_expired_listener_can_not_take_and_send_it_after_renewal(
    tmp_path: Path, make_station: Callable[..., Station]
) -> None:
    pem, key, devices = tmp_path / "push.pem", tmp_path / "push.key", tmp_path / "devices"
    token, ca = tmp_path / "token", tmp_path / "ca.pem"
    devices.mkdir()
    (devices / "1.json").write_text(json.dumps(upload()), encoding="utf-8")
    database = Database(f"sqlite:///{tmp_path / 'push.sqlite'}")
    station = make_station(format="station_upload", code="330482A01")
    pushing = Pushing(tmp_path, database, station, certificate=str(pem), key=str(key))

    def renew(expires: datetime) -> None:
        authority = trustme.CA()
        made = authority.issue_cert("127.0.0.1", not_after=expires)
        made.cert_chain_pems[0].write_to_path(pem)
        made.private_key_pem.write_to_path(key)
        authority.cert_pem.write_to_path(ca)

    renew(YESTERDAY)
    token.write_text("of-nobody", encoding="ascii")
    with pushing.listening() as url:
        there = httpx.URL(url.replace("http:", "https:"))
        client = Renewed([token, ca], partial(sending, there, token, ca), httpx.Client.close)
        agent = Agent(folder=devices, sender=HttpSender(client=client, records=(".json",)), tries=1)
        assert agent.round() == 0
        renew(YESTERDAY + timedelta(days=90))
        assert agent.round() == 0
        assert [one.name for one in devices.glob("*.json")] == ["1.json"]
        token.write_text(pushing.token, encoding="ascii")
        assert agent.round() == 1
        client.latest()[0].close()
    assert not list(devices.glob("*.json"))
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(Passage)) == 1
    database.close()


def renew(settings: list[Settings], days: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the second agency a certificate for so many days, and the first one a copy beside those before."""
    first, second = settings
    keys = exchange_wiring.keys_folder(second)
    for name in ("tls.pem", "tls.key"):
        (keys / name).unlink()
    monkeypatch.setattr(tls, "YEARS_DAYS", days)
    tls.make_certificate(keys, second.agency.id, "127.0.0.1")
    with (exchange_wiring.keys_folder(first) / first.partners[0].certificate).open("ab") as known:
        known.write((keys / "tls.pem").read_bytes())


@contextmanager
def serving(settings: Settings) -> Iterator[None]:
    """Run an agency's listener."""
    keys, database = exchange_wiring.keys_folder(settings), Database(settings.url)
    own = partner_app(exchange_wiring.exchange(settings, database), settings.agency.base_url)
    server = listener(
        own, settings.agency, tls_of(settings.agency, keys, [keys / settings.partners[0].certificate])
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.02)
    yield
    server.should_exit = True
    thread.join(60)
    database.close()


def test_messages_wait_for_a_partner_whose_certificate_expired_and_go_after_renewal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = two_installations(Settings(), tmp_path)
    first, second = both
    database = Database(first.url)
    ours, partner = exchange_wiring.exchange(first, database), second.agency.id
    body = AssistanceBody(officer="虚构甲", purpose="虚构", text="虚构", answer_due_ms=NEVER_MS)
    with database.write("test") as connection:
        said = body.model_dump(mode="json")
        ours.say(connection, partner, Kind.ASSISTANCE, f"assistance/{first.agency.id}/1", said)

    renew(both, -1, monkeypatch)
    with serving(second), exchange_wiring.client(first) as posting:
        relay = Relay(exchange=ours, partners=posting.partners(), holder=this_process(60_000))

        def after_a_turn() -> tuple[int, str]:
            """Return how much waits, and why, once the relay has tried."""
            with database.write("test") as connection:
                outbox.pause(connection, partner, outbox.REACHED)
            relay.turn()
            relay.turn()
            with database.read() as connection:
                return outbox.waiting(connection, partner), outbox.pause_of(connection, partner).problem

        waits, problem = after_a_turn()
        assert waits >= 1
        assert "certificate has expired" in problem
        renew(both, 90, monkeypatch)
        assert after_a_turn() == (0, "")
    database.close()


def test_weighings_after_the_last_day_of_a_certificate_are_leads(
    tmp_path: Path, new_database: Callable[[], str], make_station: Callable[..., Station]
) -> None:
    still = make_station().certificates[0].model_copy(update={"valid_until": DAY})
    night = Night(tmp_path, make_station(certificates=(still,), clock_offset_ms=0), new_database())
    tomorrow = DAY + timedelta(days=1)
    night.say(Standing.WATCHED, 1, last=tomorrow)
    rows = [hs_row(f"{day} 23:59:59.000", 62_000) for day in (DAY, tomorrow)]
    write_hs(night.inbox / "night.csv", rows)
    assert (night.run().cases, night.run(tomorrow).cases) == (1, 0)
    with night.database.read() as connection:
        (lead,) = lead_rows(connection, night.station, tomorrow)
    assert lead["obstacles"] == ["no_certificate"]
    night.database.close()


@pytest.mark.parametrize(("days_left", "health"), [(31, "sound"), (29, "warning"), (-2, "broken")])
def test_doctor_tells_of_seals_and_weighing_certificates_thirty_days_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days_left: int, health: str
) -> None:
    config = Path(shutil.copy(ROOT / "config.toml", tmp_path))
    assert CliRunner().invoke(app, ["seal-init", "--config", str(config)]).exit_code == 0
    settings = load_settings(config)
    seal, station = min(settings.seals.glob("*/")), settings.stations[0]
    weighing_ends = datetime.combine(station.certificates[-1].valid_until, time(12), UTC)
    ends = {
        ("印章", seal.name): load_seal(seal).certificate.not_valid_after_utc,
        ("检定证书", station.id): weighing_ends,
    }
    for (thing, name), end in ends.items():
        now_ms = round((end - timedelta(days=days_left)).timestamp() * 1000)
        monkeypatch.setattr(here, "clock_ms", lambda: now_ms)  # noqa: B023 (called before the next turn)
        found = here.certificates(settings)
        told = [one.health.value for one in found if one.thing == thing and one.says.startswith(name)]
        assert told == ([] if (thing, health) == ("检定证书", "sound") else [health])
