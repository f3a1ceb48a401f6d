"""A hash chain: each entry's hash covers its fields and the hash before it, so that the last covers all."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

START = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last entry of a chain: how many there are, and the hash that covers them all."""

    number: int
    hash: str


def entry_hash(before: str, row: Mapping[str, object]) -> str:
    """Return the SHA-256 of the hash before and of the entry's fields as canonical JSON."""
    fields = {name: row[name] for name in sorted(row) if name != "hash"}
    text = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()
