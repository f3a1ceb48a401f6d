"""Time-stamps (RFC 3161): what an authority says about when a document was sealed."""

import time

import httpx
from asn1crypto import cms, tsp
from cryptography import x509
from pyhanko.sign.timestamps import TimeStamper

TIMEOUT_S = 5.0
MOST_BYTES = 65_536
HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


class StampingAwayError(Exception):
    """The authority can't be reached: the document may be sealed, and stamped later."""


class StampingError(Exception):
    """The authority answered wrongly or not to the end: nothing is sealed with what it says."""


class StampingAuthority(TimeStamper):
    """A time-stamp authority by HTTP; its certificates must lead to one of `roots`."""

    def __init__(self, url: str, roots: tuple[x509.Certificate, ...], timeout_s: float = TIMEOUT_S) -> None:
        """Use the authority at `url`, waiting `timeout_s` for its whole answer."""
        super().__init__()  # type: ignore[no-untyped-call] # pyHanko's own
        self.url = url
        self.roots = roots
        self._timeout_s = timeout_s

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """Return a time-stamp whose authority granted what was asked."""
        try:
            return await super().async_timestamp(message_digest, md_algorithm)
        except (StampingAwayError, StampingError):
            raise
        except Exception as error:  # A hostile answer makes the library fail in more ways than it names.
            raise StampingError(f"{self.url}: {type(error).__name__} {error}") from error

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Ask for one time-stamp."""
        try:
            return tsp.TimeStampResp.load(self._post(req.dump()), strict=True)
        except httpx.ConnectError as error:
            raise StampingAwayError(f"{self.url}: {error}") from error
        except (httpx.HTTPError, ValueError) as error:
            raise StampingError(f"{self.url}: {type(error).__name__} {error}") from error

    def _post(self, query: bytes) -> bytes:
        until = time.monotonic() + self._timeout_s
        answer = b""
        with httpx.stream(
            "POST", self.url, content=query, headers=HEADERS, timeout=self._timeout_s
        ) as response:
            response.raise_for_status()
            for block in response.iter_bytes():
                answer += block
                # A drop now and then keeps each wait short; the whole answer has its own end.
                if time.monotonic() > until:
                    raise StampingError(f"{self.url}: no whole answer within {self._timeout_s:g} s")
                if len(answer) > MOST_BYTES:
                    raise StampingError(f"{self.url}: an answer of more than {MOST_BYTES} bytes")
        return answer
