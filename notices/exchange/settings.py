"""How an agency and its partners are declared in the settings."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from notices.exchange.keys import FOR_EVER_MS, AgencyKey, public_key

NAME = re.compile(r"[^\s,/\x00-\x1f\x7f]{1,60}")


def _plain(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError("expected 1 to 60 characters without space, comma or slash")
    return name


AgencyName = Annotated[str, AfterValidator(_plain)]


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Agency(_Declared):
    """The agency that runs here, as its partners know it."""

    id: AgencyName = Field(default="here", description="name in every message")
    base_url: str = Field(
        default="https://127.0.0.1:8443", description="how partners address the listener; signatures cover it"
    )
    host: str = Field(default="127.0.0.1", description="where the partners' listener listens")
    port: int = Field(default=8443, ge=1, le=65_535)
    ask_certificate: bool = Field(default=False, description="partners must show a certificate (mutual TLS)")
    policy: str = Field(default="assumed-1", description="the agreement on what is one act, in every claim")


class PublicKey(_Declared):
    """One public key of a partner; give two with overlapping times while it changes."""

    public: str = Field(description="32 bytes in base64, as `zhichao exchange init` prints them")
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    revoked: bool = Field(default=False, description="stolen: only what is in the log already counts")

    @field_validator("public")
    @classmethod
    def _is_key(cls, text: str) -> str:
        try:
            public_key(text)
        except ValueError as error:
            raise ValueError(f"expected an Ed25519 public key, 32 bytes in base64: {error}") from error
        return text


class Partner(_Declared):
    """Another agency."""

    id: AgencyName
    url: str = Field(default="", description="address of its listener; empty: bundles by file only")
    certificate: str = Field(default="", description="PEM file of its TLS certificate or its authority's")
    keys: tuple[PublicKey, ...] = Field(min_length=1)

    def agency_keys(self) -> list[AgencyKey]:
        """Return the partner's keys."""
        return [
            AgencyKey(
                agency=self.id,
                public=public_key(key.public),
                valid_from_ms=_ms(key.valid_from) if key.valid_from else 0,
                valid_until_ms=_ms(key.valid_until) if key.valid_until else FOR_EVER_MS,
                revoked=key.revoked,
            )
            for key in self.keys
        ]


def _ms(at: datetime) -> int:
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
