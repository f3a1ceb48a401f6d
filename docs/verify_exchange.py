"""Verify the exchange between two agencies from their exported logs and public keys alone.

    python verify_exchange.py A-B.jsonl B-A.jsonl --key A=BASE64 --key B=BASE64

Needs Python 3.11 and the package cryptography. Checks each log's hash chain, every signature, that both logs
tell the same, that grants answer claims, receipts messages, fines grants, and heads their log.
"""

import argparse
import base64
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

START = "0" * 64
Keys = dict[str, list[Ed25519PublicKey]]


def canonical(value: object) -> str:
    """Return JSON in its one spelling (RFC 8785, of which messages use no more than this)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256(text: str) -> str:
    """Return the digest of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


class Log:
    """One agency's log of what passed between it and the other."""

    def __init__(self, path: Path) -> None:
        """Read the exported file."""
        self.entries: list[dict[str, Any]] = [json.loads(line) for line in path.open(encoding="utf-8")]
        for entry in self.entries:
            entry["message"] = json.loads(entry["contents"])
        first = self.entries[0]
        self.agency: str = first["message"]["sender" if first["direction"] == "sent" else "to"]

    def told(self, direction: str) -> dict[str, str]:
        """Return what was sent or received, by its id."""
        found = (one for one in self.entries if one["direction"] == direction)
        return {one["message"]["id"]: one["contents"] for one in found}


def chain(log: Log) -> Iterator[str]:
    """Tell where the hash chain breaks first."""
    before = START
    for number, entry in enumerate(log.entries, 1):
        fields = {key: value for key, value in entry.items() if key not in {"hash", "message"}}
        before = sha256(f"{before}\n{canonical(fields)}")
        if (entry["number"], entry["hash"]) != (number, before):
            yield f"log of {log.agency}: entry {number} is missing, moved or changed"
            return


def signatures(log: Log, keys: Keys) -> Iterator[str]:
    """Tell of every message that is not what its sender signed."""
    for entry in log.entries:
        message, where = entry["message"], f"log of {log.agency}, entry {entry['number']}"
        ends = (message["sender"], message["to"]), (log.agency, entry["partner"])
        in_place = ends[0] == (ends[1] if entry["direction"] == "sent" else ends[1][::-1])
        if not in_place or canonical(message) != entry["contents"] or message["id"] != entry["message_id"]:
            yield f"{where}: not canonical, or not where it belongs"
        unsigned = canonical({key: value for key, value in message.items() if key != "signature"})
        if not any(signed(key, message, unsigned) for key in keys.get(message["sender"], [])):
            yield f"{where}: {message['id']} is not signed by {message['sender']}"


def signed(key: Ed25519PublicKey, message: dict[str, Any], text: str) -> bool:
    """Tell whether the message names this key and is signed with it."""
    try:
        key.verify(base64.b64decode(message["signature"]), text.encode())
    except (InvalidSignature, ValueError):
        return False
    return hashlib.sha256(key.public_bytes_raw()).hexdigest() == str(message["key"])


def same(one: Log, other: Log) -> Iterator[str]:
    """Tell of what one received and the other did not send, byte for byte."""
    sent = other.told("sent")
    for number, contents in one.told("received").items():
        if sent.get(number) != contents:
            yield f"{one.agency} received {number}, which {other.agency} did not send so"


def answers(log: Log) -> Iterator[str]:
    """Hold what was said against what was heard and said before, but for the order that a restore loses."""
    is_restored = any(one["kind"] == "restored" for one in log.entries if one["direction"] == "sent")
    before = {way: log.told(way) if is_restored else {} for way in ("sent", "received")}
    for entry in log.entries:
        message, direction = entry["message"], entry["direction"]
        ours, theirs = before[direction], before["received" if direction == "sent" else "sent"]
        kind, body = message["kind"], message["body"]
        act = f"{body.get('id')}/{body.get('epoch')}"
        claimed = {"grant": theirs, "yield": ours, "release": ours}.get(kind)
        where = f"log of {log.agency}, entry {entry['number']}: {message['id']}"
        if kind == "receipt" and sha256(theirs.get(body["message_id"], "")) != body["sha256"]:
            yield f"{where} is for no message that came before it"
        # What was received may have overtaken the claim that it takes back; what was sent is in order.
        if claimed is not None and (direction == "sent" or kind == "grant"):
            claim = claimed.get(f"claim/{act}")
            if claim is None or json.loads(claim)["body"] != body:
                yield f"{where} is about no claim that came before it"
        grants = f"grant/{body.get('claim_id')}/"
        if kind == "fined" and direction == "sent" and not any(one.startswith(grants) for one in theirs):
            yield f"{where} has no grant of {message['to']}"
        ours[message["id"]] = entry["contents"]


def heads(log: Log, other: Log) -> Iterator[str]:
    """Hold the log against the heads that its agency signed and the other one kept."""
    hashes = {0: START} | {entry["number"]: entry["hash"] for entry in log.entries}
    said = [one["message"] for one in other.entries if one["message"]["sender"] == log.agency]
    restored = {one["incarnation"]: one["body"]["number"] for one in said if one["kind"] == "restored"}
    for message in said:
        if message["kind"] in {"log_head", "restored"}:
            number, incarnation = message["body"]["number"], message["incarnation"]
            lost = any(later > incarnation and number > kept for later, kept in restored.items())
            if not lost and hashes.get(number) != message["body"]["hash"]:
                yield f"log of {log.agency} is not the one whose head it signed in {message['id']}"


def main() -> int:
    """Print what is wrong, or how much of each kind was verified."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("logs", nargs=2, type=Path)
    parser.add_argument("--key", action="append", required=True, metavar="AGENCY=BASE64")
    given, keys = parser.parse_args(), Keys()
    for agency, _, key in (one.partition("=") for one in given.key):
        keys.setdefault(agency, []).append(Ed25519PublicKey.from_public_bytes(base64.b64decode(key)))
    logs = [Log(path) for path in given.logs]
    problems = [problem for log in logs for problem in (*chain(log), *signatures(log, keys), *answers(log))]
    for one, other in (logs, logs[::-1]):
        problems += [*same(one, other), *heads(one, other)]
    counts = Counter(one["kind"] for log in logs for one in log.entries if one["direction"] == "sent")
    print("\n".join(problems) or "verified", counts.most_common(), sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
