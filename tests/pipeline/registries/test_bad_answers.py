"""Bad answers from a real server: the plate waits with its reason, the others go on."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
from registry_cases import asked, query_for

from models.values.lookups import Purpose, WaitReason
from models.values.registry import RegisteredVehicle
from pipeline.registries.settings import RegistrySettings
from pipeline.registries.simulated.dials import Dialled, Dials, Fault
from pipeline.registries.simulated.fleet import Fleet
from pipeline.registries.simulated.serve import Certificates, Server, settings_of
from pipeline.registries.simulated.zhejiang import zhejiang_app

Serve = Callable[..., tuple[RegistrySettings, Dials]]
WHOLE_ANSWERS = {
    Fault.NOT_JSON: WaitReason.NOT_JSON,
    Fault.HALF: WaitReason.CUT_SHORT,
    Fault.LATE: WaitReason.TIMED_OUT,
    Fault.HUGE: WaitReason.TOO_LARGE,
    Fault.BROKEN: WaitReason.SERVER_ERROR,
}
PROVINCE = {"zhejiang": "浙", "shanghai": "沪", "national": ""}


def plates(fleet: Fleet, kind: str) -> list[RegisteredVehicle]:
    return [
        one
        for one in fleet.vehicles.values()
        if one.plate.text.startswith(PROVINCE[kind]) and not one.vehicle_class.is_trailer
    ][:6]


@pytest.mark.parametrize("kind", PROVINCE)
@pytest.mark.parametrize("fault", WHOLE_ANSWERS)
def test_one_spoiled_answer_fails_its_plate_alone(
    kind: str, fault: Fault, fleet: Fleet, serve: Serve
) -> None:
    bad, *good = plates(fleet, kind)
    # The bad one shares its batch with the good ones where the registry takes several.
    settings, dials = serve(kind, Dials(faults={bad.plate.text: fault}), timeout_s=0.3, tries=2)
    outcomes = asked([settings], [query_for(one.plate.text, one.plate.colour) for one in (bad, *good)])
    assert outcomes[bad.plate.text].waits is WHOLE_ANSWERS[fault]
    assert all(isinstance(outcomes[one.plate.text].found, RegisteredVehicle) for one in good)
    # The batch and the bad one, each as often as it may be tried, and every good one once.
    assert dials.asked.total() - dials.asked["/oauth/token"] <= 2 * 2 + len(good)


@pytest.mark.parametrize("kind", PROVINCE)
@pytest.mark.parametrize(
    ("fault", "reason"),
    [(Fault.REDIRECT, WaitReason.REDIRECTED), (Fault.UNAUTHORISED, WaitReason.UNAUTHORISED)],
)
def test_a_redirect_or_a_refusal_stops_the_source(
    kind: str, fault: Fault, reason: WaitReason, fleet: Fleet, serve: Serve
) -> None:
    bad, *good = plates(fleet, kind)
    settings, dials = serve(kind, Dials(faults={bad.plate.text: fault}), batch=1, concurrency=1)
    outcomes = asked([settings], [query_for(one.plate.text, one.plate.colour) for one in (bad, *good)])
    assert outcomes[bad.plate.text].waits is reason
    waiting = [one for one in outcomes.values() if one.waits]
    assert {one.waits for one in waiting} == {reason}
    assert len(waiting) >= len(good)
    assert dials.asked.total() <= 3


@pytest.mark.parametrize("kind", PROVINCE)
def test_credentials_refused_in_the_middle_of_a_night(kind: str, fleet: Fleet, serve: Serve) -> None:
    some = plates(fleet, kind)
    settings, dials = serve(kind, Dials(refuse_after=3), batch=1, concurrency=1)
    outcomes = asked([settings], [query_for(one.plate.text, one.plate.colour) for one in some], patience_s=60)
    answered = [one for one in outcomes.values() if one.found]
    assert 0 < len(answered) < len(some)
    assert {one.waits for one in outcomes.values() if not one.found} == {WaitReason.UNAUTHORISED}
    assert dials.asked.total() <= 5


def test_a_token_that_ends_early_is_replaced(fleet: Fleet, serve: Serve) -> None:
    some = plates(fleet, "shanghai")
    settings, dials = serve("shanghai", Dials(token_lasts_s=0))
    (first, *_), queries = some, [query_for(one.plate.text, one.plate.colour) for one in some]
    outcomes = asked([settings], queries)
    # A token of no length is refused even when it is new.
    assert outcomes[first.plate.text].waits is WaitReason.UNAUTHORISED
    dials.token_lasts_s = 1
    assert asked([settings], queries)[first.plate.text].found is not None


@pytest.fixture
def over_tls(fleet: Fleet, tmp_path: Path) -> Callable[[trustme.CA, str], Server]:
    def make(authority: trustme.CA, name: str) -> Server:
        certificate = authority.issue_cert(name)
        chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
        chain.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
        key.write_bytes(certificate.private_key_pem.bytes())
        app = Dialled(zhejiang_app(fleet, Dials(), "s"), Dials())
        return Server(app, certificates=Certificates(chain=chain, key=key))

    return make


@pytest.mark.parametrize(
    ("name", "trusted", "reason"),
    [
        ("127.0.0.1", True, None),
        ("127.0.0.1", False, WaitReason.CERTIFICATE),
        ("registry.invalid", True, WaitReason.CERTIFICATE),
    ],
)
def test_only_a_certificate_that_verifies_is_spoken_to(
    name: str,
    trusted: bool,
    reason: WaitReason | None,
    over_tls: Callable[[trustme.CA, str], Server],
    fleet: Fleet,
    tmp_path: Path,
) -> None:
    authority, other = trustme.CA(), trustme.CA()
    ca_file, secret = tmp_path / "ca.pem", tmp_path / "secret"
    (authority if trusted else other).cert_pem.write_to_path(str(ca_file))
    secret.write_text("s", encoding="ascii")
    (vehicle, *_) = plates(fleet, "zhejiang")
    with over_tls(authority, name) as server:
        settings = settings_of(
            "zhejiang", server.port, secret, ca_file=ca_file, url=f"https://127.0.0.1:{server.port}"
        )
        outcome = asked([settings], [query_for(vehicle.plate.text)])[vehicle.plate.text]
    assert outcome.waits is reason
    assert (outcome.found is not None) is (reason is None)


def test_a_missing_authority_file_takes_the_source_out_and_no_other(fleet: Fleet, serve: Serve) -> None:
    broken, _ = serve("zhejiang")
    sound, _ = serve("shanghai")
    broken = broken.model_copy(update={"ca_file": Path("/nowhere/ca.pem")})
    ours, theirs = plates(fleet, "zhejiang")[0], plates(fleet, "shanghai")[0]
    outcomes = asked([broken, sound], [query_for(ours.plate.text), query_for(theirs.plate.text)])
    assert outcomes[ours.plate.text].waits is WaitReason.CERTIFICATE
    assert outcomes[theirs.plate.text].found is not None


@pytest.mark.parametrize("secret", ["", "   ", "密码"])
def test_without_a_secret_nothing_is_asked(
    secret: str, fleet: Fleet, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, dials = serve("national")
    monkeypatch.setenv("TEST_SECRET", secret)
    without = settings.model_copy(update={"secret_file": None, "secret_env": "TEST_SECRET"})
    (vehicle, *_) = plates(fleet, "national")
    assert asked([without], [query_for(vehicle.plate.text)])[vehicle.plate.text].waits is (
        WaitReason.UNAUTHORISED
    )
    assert dials.asked.total() == 0


def test_nobody_listens(fleet: Fleet, serve: Serve) -> None:
    settings, _ = serve("zhejiang")
    nobody = settings.model_copy(update={"url": "http://127.0.0.1:9"})
    (vehicle, *_) = plates(fleet, "zhejiang")
    assert asked([nobody], [query_for(vehicle.plate.text)])[vehicle.plate.text].waits is (
        WaitReason.UNREACHABLE
    )


def test_a_compressed_answer_is_refused(tmp_path: Path) -> None:
    async def bomb(scope: object, receive: object, send: Callable[..., object]) -> None:
        del scope, receive
        headers = [(b"content-encoding", b"gzip")]
        await _await(send({"type": "http.response.start", "status": 200, "headers": headers}))
        await _await(send({"type": "http.response.body", "body": b"x"}))

    secret = tmp_path / "secret"
    secret.write_text("s", encoding="ascii")
    with Server(bomb) as server:  # type: ignore[arg-type]
        settings = settings_of("zhejiang", server.port, secret)
        assert asked([settings], [query_for("浙Z12345")])["浙Z12345"].waits is WaitReason.TOO_LARGE


async def _await(sent: object) -> None:
    assert asyncio.iscoroutine(sent)
    await sent


@pytest.mark.parametrize("purpose", [Purpose.CASE, Purpose.PERMIT])
def test_a_plate_of_nobody_waits_for_a_registry(purpose: Purpose, serve: Serve) -> None:
    settings, dials = serve("zhejiang")
    outcome = asked([settings], [query_for("粤B12345", purpose=purpose)])["粤B12345"]
    assert (outcome.waits, outcome.sent) == (WaitReason.NO_SOURCE, False)
    assert dials.asked.total() == 0
