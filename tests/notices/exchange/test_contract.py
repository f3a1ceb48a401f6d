"""The published contract held against the listener: what the schema makes up, signed and unsigned."""

import pytest
import schemathesis
from agencies import JINSHAN, KEYS, PINGHU, Pair
from hypothesis import HealthCheck, Phase, given, settings
from requests import Request
from schemathesis import Case

from notices.exchange.app import partner_app
from notices.exchange.hop import sign_request

BASE = "http://localhost"
QUICK = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def signature(case: Case) -> dict[str, str]:
    sent = case.as_transport_kwargs(base_url=BASE)
    request = Request(sent["method"], sent["url"], params=sent.get("params"), json=sent.get("json")).prepare()
    body = request.body if isinstance(request.body, bytes) else (request.body or "").encode()
    return sign_request(KEYS[PINGHU], case.method.upper(), str(request.url), body)


@pytest.mark.parametrize("is_signed", [False, True])
def test_what_the_schema_makes_up(pair: Pair, *, is_signed: bool) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", partner_app(pair[JINSHAN].exchange, BASE))
    details: list[str] = []
    for result in schema.get_all_operations():
        operation = result.ok()

        @QUICK
        @given(case=operation.as_strategy())
        def call(case: Case) -> None:
            response = case.call(headers=signature(case) if is_signed else {})
            assert response.status_code < 500, response.text
            if response.status_code >= 400:
                details.append(response.json()["detail"])

        call()
    of_the_hop = [detail for detail in details if detail.startswith(("HTTP signature", "content-type"))]
    # Signed by the hop, what is made up still lacks the sender's own signature.
    assert bool(of_the_hop) is not is_signed, details
    assert len(details) > 10
    assert (pair[JINSHAN].log(), pair[JINSHAN].claims()) == ([], {})
