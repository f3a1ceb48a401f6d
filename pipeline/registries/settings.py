"""What is declared of a registry in `config.toml`."""

import os
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self

import httpx
from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.values.lookups import WaitReason
from pipeline.registries.errors import SourceDownError

ANY_PLATE = "*"


class RegistrySettings(BaseModel):
    """One registry: where it is, what it answers for, how hard it may be asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$", description="its name in log and answers")
    kind: Literal["zhejiang", "shanghai", "national"] = Field(description="the adapter that speaks to it")
    url: str = Field(description="https, or http on this machine's loopback")
    plates: tuple[str, ...] = Field(min_length=1, description='how its plates begin; "*": any')
    fallback: str = Field(default="", description="by agreement, the registry asked where this one fails")
    fallback_when: Literal["unknown", "unknown_or_down"] = Field(
        default="unknown", description="whether that one also stands in while this one is down"
    )
    client_id: str = Field(default="zhichao", pattern=r"^[!-~]+$", description="who we are there")
    secret_file: Path | None = Field(default=None, description="file that holds our secret")
    secret_env: str = Field(default="", description="variable that holds our secret")
    ca_file: Path | None = Field(default=None, description="certificates to trust instead of the system's")
    concurrency: int = Field(default=8, ge=1, le=256, description="queries under way at a time")
    per_second: float = Field(default=50.0, gt=0, description="queries a second")
    batch: int = Field(default=20, ge=1, le=200, description="plates in one query, where it takes several")
    timeout_s: float = Field(default=10.0, gt=0, description="for one whole answer")
    tries: int = Field(default=3, ge=1, le=10, description="tries of one query, if what failed may pass")
    down_after: int = Field(default=8, ge=1, description="failures in a row that mean it is down")
    pause_s: float = Field(default=30.0, gt=0, description="how long it is left alone then")

    @model_validator(mode="after")
    def _personal_data_travels_encrypted(self) -> Self:
        try:
            url = httpx.URL(self.url)
        except httpx.InvalidURL as error:
            message = f"url: {error}"
            raise ValueError(message) from error
        if url.scheme != "https" and not (url.scheme == "http" and _is_loopback(url.host)):
            message = f"url: expected https (http only on loopback), got {self.url!r}"
            raise ValueError(message)
        return self

    def beside(self, folder: Path) -> Self:
        """Return it with its relative paths starting at `folder`."""
        paths = {"secret_file": self.secret_file, "ca_file": self.ca_file}
        return self.model_copy(update={name: folder / path for name, path in paths.items() if path})

    @property
    def secret(self) -> str:
        """Return the secret.

        Raises:
            SourceDownError: none is given, or its file can't be read.

        """
        text = os.environ.get(self.secret_env, "") if self.secret_env else ""
        if not text and self.secret_file is not None:
            try:
                text = self.secret_file.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise SourceDownError(WaitReason.UNAUTHORISED, f"{self.secret_file}: {error}") from error
        secret = text.strip()
        # It travels in headers, which hold nothing else.
        if not secret or not secret.isascii() or not secret.isprintable():
            raise SourceDownError(
                WaitReason.UNAUTHORISED, f"{self.name}: no secret of printable ASCII in its file or variable"
            )
        return secret


def route(plate: str, registries: tuple[RegistrySettings, ...]) -> list[RegistrySettings]:
    """Return who is asked for a plate, in turn: the first that answers for it, then by agreement."""
    by_name = {one.name: one for one in registries}
    chain: list[RegistrySettings] = []
    one = next((one for one in registries if _answers_for(one, plate)), None)
    while one is not None and one not in chain:
        chain.append(one)
        one = by_name.get(one.fallback)
    return chain


def problems_of(registries: tuple[RegistrySettings, ...]) -> list[str]:
    """Return what is wrong between the registries: names that stand twice, fallbacks that are not there."""
    names = [one.name for one in registries]
    twice = sorted({name for name in names if names.count(name) > 1})
    return [f"name {name} stands more than once" for name in twice] + [
        f"{one.name}: fallback {one.fallback!r} is not declared"
        for one in registries
        if one.fallback and one.fallback not in names
    ]


def _answers_for(one: RegistrySettings, plate: str) -> bool:
    return any(start == ANY_PLATE or plate.startswith(start) for start in one.plates)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
