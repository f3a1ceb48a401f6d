import asyncio
import base64
import json
import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import jsonschema_rs
import pytest
import rfc8785
from agencies import HOUR_MS, JINSHAN, KEYS, PINGHU, START_MS, Pair, claim_of
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from notices.exchange import app as app_module
from notices.exchange import hop, outbox
from notices.exchange.app import MESSAGE_BYTES, partner_app
from notices.exchange.client import LOG, MESSAGES
from notices.exchange.envelope import CLOCK_TOLERANCE_MS, sign
from notices.exchange.hop import sign_request
from notices.exchange.wire import claim_fields

BASE = "https://jinshan.invalid"


@pytest.fixture
def client(pair: Pair) -> Iterator[TestClient]:
    with TestClient(partner_app(pair[JINSHAN].exchange, BASE), base_url=BASE) as client:
        yield client


def message(sender: str = PINGHU, *, signer: str = "", **changes: Any) -> bytes:  # noqa: ANN401 (any field)
    fields = {
        "id": f"claim/{sender}-1/1",
        "kind": "claim",
        "sender": sender,
        "to": JINSHAN,
        "incarnation": 1,
        "said_ms": START_MS,
        "body": claim_fields(claim_of(sender, 1)) | {"epoch": 1, "scope": [JINSHAN]},
    }
    return sign(KEYS[signer or sender], fields | changes)


def post(client: TestClient, body: bytes, *, signer: str = PINGHU, **headers: str) -> Any:  # noqa: ANN401
    signed = sign_request(KEYS[signer], "POST", BASE + MESSAGES, body)
    return client.post(MESSAGES, content=body, headers=signed | headers)


def refused(response: Any, status: int, reason: str) -> None:  # noqa: ANN401 (the client's own class)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"] == f"urn:zhichao:problem:{reason}"
    assert problem["status"] == status
    assert set(problem) == {"type", "title", "status", "detail"}


def nothing_changed(pair: Pair) -> None:
    assert (pair[JINSHAN].log(), pair[JINSHAN].claims(), pair[JINSHAN].waiting()) == ([], {}, 0)


def test_a_duplicate_gets_the_first_receipt_byte_for_byte(pair: Pair, client: TestClient) -> None:
    first = post(client, message())
    assert first.status_code == 200
    pair[JINSHAN].clock.now_ms += HOUR_MS
    assert post(client, message()).content == first.content
    receipt = json.loads(first.content)
    assert receipt["kind"] == "receipt"
    assert receipt["body"]["stage"] == "accepted"
    assert [entry.kind for entry in pair[JINSHAN].log()] == ["claim", "grant", "receipt"]


def flipped(text: str) -> str:
    raw = bytearray(base64.b64decode(text))
    raw[5] ^= 1
    return base64.b64encode(raw).decode()


def changed(**changes: object) -> bytes:
    """Change a message after it was signed."""
    return rfc8785.dumps(json.loads(message()) | changes)


BAD: dict[str, tuple[Callable[[], bytes], int, str]] = {
    "signed with what is no base64": (lambda: changed(signature="é" + "A" * 85 + "=="), 401, "unsigned"),
    "signed by nobody": (lambda: changed(signature="A" * 86 + "=="), 401, "unsigned"),
    "signature flipped": (
        lambda: changed(signature=flipped(json.loads(message())["signature"])),
        401,
        "unsigned",
    ),
    "no signature": (
        lambda: rfc8785.dumps({k: v for k, v in json.loads(message()).items() if k != "signature"}),
        422,
        "malformed",
    ),
    "changed after signing": (lambda: changed(said_ms=START_MS - 1), 401, "unsigned"),
    "signed by another than the sender": (lambda: message(signer=JINSHAN), 401, "unsigned"),
    "signed by a stranger": (lambda: message("安吉"), 401, "unsigned"),
    "meant for another": (lambda: message(to="安吉"), 422, "not_for_us"),
    "from the future": (lambda: message(said_ms=START_MS + CLOCK_TOLERANCE_MS + 1), 422, "future"),
    "unknown kind": (lambda: message(kind="fine"), 422, "unknown_kind"),
    "unknown version": (lambda: changed(version=2), 422, "unknown_kind"),
    "version true": (lambda: changed(version=True), 422, "unknown_kind"),
    "unknown key": (lambda: message(extra=1), 422, "malformed"),
    "body of another kind": (lambda: message(kind="fined"), 422, "malformed"),
    "scope is its own": (
        lambda: message(body=json.loads(message())["body"] | {"scope": [PINGHU, JINSHAN]}),
        422,
        "malformed",
    ),
    "truncated": (lambda: message()[:-40], 422, "malformed"),
    "empty": (lambda: b"", 422, "malformed"),
    "no UTF-8": (lambda: b"\xff\xfe{}", 422, "malformed"),
    "a list": (lambda: b"[]", 422, "malformed"),
    "nested": (lambda: b"[" * 60_000, 422, "malformed"),
    "not canonical": (lambda: json.dumps(json.loads(message())).encode(), 422, "malformed"),
    "key twice": (lambda: message().replace(b'{"body"', b'{"to":"x","body"', 1), 422, "malformed"),
    "a number that no reader keeps": (lambda: message().replace(b":1,", b":1e999,", 1), 422, "malformed"),
    "oversized": (lambda: b" " * (MESSAGE_BYTES + 1), 413, "too_large"),
    "says it of another's claim": (
        lambda: message(body=json.loads(message())["body"] | {"agency": "安吉"}),
        409,
        "incident",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_taken_is_refused(
    pair: Pair, client: TestClient, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    make, status, reason = BAD[name]
    caplog.set_level(logging.WARNING)
    refused(post(client, make()), status, reason)
    nothing_changed(pair)
    if name != "oversized":
        assert "refused" in caplog.text


def test_a_claim_under_an_agreement_that_we_do_not_have(pair: Pair, client: TestClient) -> None:
    pair[JINSHAN].file(claim_of(JINSHAN, 1))
    before = pair[JINSHAN].log()
    body = json.loads(message())["body"] | {"policy": "mine-1"}
    refused(post(client, message(body=body)), 422, "unknown_kind")
    assert pair[JINSHAN].log() == before


def test_the_same_id_with_other_bytes_is_an_incident(pair: Pair, client: TestClient) -> None:
    assert post(client, message()).status_code == 200
    before = pair[JINSHAN].log()
    refused(post(client, message(said_ms=START_MS + 1)), 409, "incident")
    refused(post(client, message(said_ms=START_MS + 1)), 409, "incident")
    assert pair[JINSHAN].log() == before
    assert pair[JINSHAN].incidents() == [f"claim/{PINGHU}-1/1: the same id with other bytes"]


def test_a_partner_that_grants_twice_contradicts_itself(pair: Pair) -> None:
    pair[PINGHU].file(claim_of(PINGHU, 1))
    pair.heal()
    grant = next(entry for entry in pair[PINGHU].log() if entry.kind == "grant")
    fields = json.loads(grant.contents)
    again = {key: value for key, value in fields.items() if key not in {"signature", "version", "key"}}
    forged = sign(KEYS[JINSHAN], again | {"body": fields["body"] | {"gross_kg": 61_000}})
    with pytest.raises(ValueError, match="incident"):
        pair[PINGHU].inbox.accept(forged)
    assert pair[PINGHU].incidents() == [f"grant/{PINGHU}-1/1: the same id with other bytes"]


def test_a_fine_without_our_grant_raises_an_alarm(pair: Pair, client: TestClient) -> None:
    body = {"claim_id": "x", "decision": "罚-1", "decided_ms": 1, "amount_fen": 50_000}
    assert post(client, message(id="fined/x", kind="fined", body=body)).status_code == 200
    assert pair[JINSHAN].incidents() == ["fined x without a grant of 金山"]


def test_a_fine_that_comes_after_its_release_raises_no_alarm(pair: Pair) -> None:
    pair[PINGHU].file(claim_of(PINGHU, 1))
    pair.heal()
    pair[PINGHU].decide(f"{PINGHU}-1")
    pair.fate = lambda: "late"
    pair[PINGHU].relay.round()
    pair[PINGHU].revoke(f"{PINGHU}-1")
    pair[PINGHU].release(f"{PINGHU}-1")
    pair.fate = lambda: "arrives"
    with pair[PINGHU].database.read() as connection:
        fined, *rest = outbox.all_waiting(connection, JINSHAN, 9)
    for one in (*rest, fined):
        pair[JINSHAN].inbox.accept(one.contents)
    assert pair[JINSHAN].incidents() == []


def unsigned(body: bytes) -> dict[str, str]:
    del body
    return {"Content-Type": "application/json"}


def of_another_address(body: bytes) -> dict[str, str]:
    return sign_request(KEYS[PINGHU], "POST", "https://anji.invalid" + MESSAGES, body)


def of_another_body(body: bytes) -> dict[str, str]:
    return sign_request(KEYS[PINGHU], "POST", BASE + MESSAGES, body + b" ")


def by_another(body: bytes) -> dict[str, str]:
    return sign_request(KEYS[JINSHAN], "POST", BASE + MESSAGES, body)


def by_a_stranger(body: bytes) -> dict[str, str]:
    return sign_request(KEYS["安吉"], "POST", BASE + MESSAGES, body)


def of_the_method_alone(body: bytes) -> dict[str, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hop, "COVERED", ("@method",))
        return sign_request(KEYS[PINGHU], "POST", BASE + MESSAGES, body)


def with_another_tag(body: bytes) -> dict[str, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hop, "TAG", "other")
        return sign_request(KEYS[PINGHU], "POST", BASE + MESSAGES, body)


def at(days: float) -> Callable[[bytes], dict[str, str]]:
    def headers(body: bytes) -> dict[str, str]:
        class Clock(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime:  # noqa: ANN401
                return datetime.now(tz) + timedelta(days=days)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(hop, "datetime", Clock)
            return sign_request(KEYS[PINGHU], "POST", BASE + MESSAGES, body)

    return headers


@pytest.mark.parametrize(
    "headers",
    [
        unsigned,
        of_another_address,
        of_another_body,
        by_another,
        by_a_stranger,
        of_the_method_alone,
        with_another_tag,
        pytest.param(at(-3), id="expired"),
        pytest.param(at(3), id="future"),
    ],
)
def test_a_hop_that_nobody_signs_for_is_refused(
    pair: Pair, client: TestClient, headers: Callable[[bytes], dict[str, str]]
) -> None:
    body = message()
    refused(client.post(MESSAGES, content=body, headers=headers(body)), 401, "unsigned")
    nothing_changed(pair)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_that_is_a_day_off_is_borne(client: TestClient, days: float) -> None:
    body = message(said_ms=int(START_MS + days * 24 * HOUR_MS))
    assert client.post(MESSAGES, content=body, headers=at(days)(body)).status_code == 200


def test_a_slow_body_is_cut_off(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_module, "READ_S", 0.05)
    answers: list[Any] = []

    async def drip() -> dict[str, object]:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b" ", "more_body": True}

    async def send(answer: Any) -> None:  # noqa: ANN401 (an ASGI event)
        answers.append(answer)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "https",
        "path": MESSAGES,
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
        "server": ("jinshan.invalid", 443),
        "client": ("127.0.0.1", 1),
    }
    asyncio.run(partner_app(pair[JINSHAN].exchange, BASE)(scope, drip, send))
    assert answers[0]["status"] == 408
    nothing_changed(pair)


def test_another_content_type_is_refused(pair: Pair, client: TestClient) -> None:
    refused(post(client, message(), **{"Content-Type": "text/plain"}), 422, "malformed")
    nothing_changed(pair)


def test_a_partner_reads_its_log_and_nobody_else_does(client: TestClient) -> None:
    post(client, message())
    url = BASE + LOG + "?after=1"
    signed = sign_request(KEYS[PINGHU], "GET", url, b"")
    lines = [json.loads(line) for line in client.get(url, headers=signed).text.splitlines()]
    assert [line["number"] for line in lines] == [2, 3]
    refused(client.get(url, headers=sign_request(KEYS["安吉"], "GET", url, b"")), 401, "unsigned")
    refused(client.get(url), 401, "unsigned")
    refused(client.get(BASE + LOG + "?after=0", headers=signed), 401, "unsigned")
    own = sign_request(KEYS[JINSHAN], "GET", url, b"")
    assert client.get(url, headers=own).text == ""
    odd = BASE + LOG + "?after=-1"
    refused(client.get(odd, headers=sign_request(KEYS[PINGHU], "GET", odd, b"")), 422, "malformed")


def test_the_schema_fits_what_is_said(pair: Pair, client: TestClient) -> None:
    schema = client.get("/openapi.json").json()["paths"][MESSAGES]["post"]["requestBody"]["content"]
    validator = jsonschema_rs.validator_for(schema["application/json"]["schema"])
    pair[PINGHU].file(claim_of(PINGHU, 1))
    pair.heal()
    pair[PINGHU].decide(f"{PINGHU}-1")
    for entry in pair[PINGHU].log():
        assert validator.is_valid(json.loads(entry.contents)), entry.kind
    assert not validator.is_valid(json.loads(message(kind="fined")))


def test_anything_at_all_is_answered_and_nothing_unsigned_is_taken(pair: Pair, client: TestClient) -> None:
    good = message()

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        body=st.binary(max_size=400)
        | st.tuples(st.integers(0, len(good) - 1), st.binary(max_size=3)).map(
            lambda cut: good[: cut[0]] + cut[1] + good[cut[0] + 1 :]
        ),
        is_signed=st.booleans(),
        signature=st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=80),
    )
    def anything(body: bytes, signature: str, *, is_signed: bool) -> None:
        assume(body != good)
        headers = unsigned(body) | {"Signature-Input": signature, "Signature": signature}
        if is_signed:
            headers = sign_request(KEYS[PINGHU], "POST", BASE + MESSAGES, body)
        response = client.post(MESSAGES, content=body, headers=headers)
        assert 400 <= response.status_code < 500, response.text
        nothing_changed(pair)

    anything()
