"""Somebody with two public keys, two exported logs and none of our modules sees what was done to them."""

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agencies import JINSHAN, KEYS, NAMES, PINGHU, START_MS, Pair, claim_of

from models.hash_chain import START, entry_hash
from notices.exchange.envelope import sign
from notices.exchange.export import write_log
from notices.exchange.heads import say_heads
from notices.exchange.keys import public_text

SCRIPT = Path(__file__).parents[3] / "docs/verify_exchange.py"
Line = dict[str, Any]


def verified(folder: Path, **keys: str) -> tuple[int, str]:
    wanted = {name: public_text(KEYS[keys.get(name, name)].private.public_key()) for name in NAMES}
    logs = [f"{PINGHU}-{JINSHAN}.jsonl", f"{JINSHAN}-{PINGHU}.jsonl"]
    given = [f"--key={name}={key}" for name, key in wanted.items()]
    done = subprocess.run(
        [sys.executable, "-I", str(SCRIPT), *logs, *given],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.fixture
def exported(pair: Pair, tmp_path: Path) -> Path:
    for number in range(3):
        plate = f"浙F0000{number}"
        pair[PINGHU].file(claim_of(PINGHU, number, plate=plate))
        pair[JINSHAN].file(claim_of(JINSHAN, number, plate=plate, filed_ms=START_MS - 1 + 2 * (number % 2)))
    pair.heal()
    pair.never_none()
    for name in NAMES:
        say_heads(pair[name].exchange)
    pair.heal()
    for name in NAMES:
        with pair[name].database.read() as connection:
            write_log(connection, name, pair[name].partner, tmp_path)
    return tmp_path


def test_the_script_stands_alone() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 150
    modules = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    ours = {"models", "stations", "pipeline", "notices", "review", "zhichao"}
    assert not {module.split(".")[0] for module in modules} & ours


def test_a_run_with_a_restore_verifies(pair: Pair, tmp_path: Path) -> None:
    backup = pair[PINGHU].backup()
    pair[JINSHAN].file(claim_of(JINSHAN, 1))
    pair.fate = lambda: "reply lost"
    pair[JINSHAN].relay.seen.add(PINGHU)
    pair[JINSHAN].relay.round()
    pair.fate = lambda: "arrives"
    pair[PINGHU].relay.round()
    pair.restore(PINGHU, backup)
    pair.heal()
    pair.never_none()
    for name in NAMES:
        with pair[name].database.read() as connection:
            write_log(connection, name, pair[name].partner, tmp_path)
    code, said = verified(tmp_path)
    assert (code, said.splitlines()[0]) == (0, "verified"), said


def test_what_happened_verifies(exported: Path) -> None:
    code, said = verified(exported)
    assert (code, said.splitlines()[0]) == (0, "verified"), said
    counts = dict(ast.literal_eval(said.splitlines()[1]))
    receipts = counts.pop("receipt")
    assert receipts == sum(counts.values())
    assert {kind: counts[kind] for kind in ("claim", "grant", "fined", "log_head")} == {
        "claim": 6,
        "grant": 3,
        "fined": 3,
        "log_head": 2,
    }


def chained(lines: list[Line]) -> list[Line]:
    """Number and hash the lines anew, as somebody would who rewrites the own log."""
    before, out = START, []
    for number, line in enumerate(lines, 1):
        entry = line | {"number": number}
        before = entry_hash(before, entry)
        out.append(entry | {"hash": before})
    return out


def place(lines: list[Line], kind: str, direction: str) -> int:
    return [(line["kind"], line["direction"]) for line in lines].index((kind, direction))


def without(kind: str, direction: str) -> Callable[[list[Line]], list[Line]]:
    def change(lines: list[Line]) -> list[Line]:
        number = place(lines, kind, direction)
        return lines[:number] + lines[number + 1 :]

    return change


def resigned(kind: str, direction: str, **fields: object) -> Callable[[list[Line]], list[Line]]:
    """Let the agency that owns the log say something else, well signed, in the place of what it said."""

    def change(lines: list[Line]) -> list[Line]:
        number = place(lines, kind, direction)
        message = json.loads(lines[number]["contents"])
        body = message["body"] | fields
        rest = {key: message[key] for key in message if key not in {"version", "key", "signature"}}
        contents = sign(KEYS[message["sender"]], rest | {"body": body}).decode()
        return [*lines[:number], lines[number] | {"contents": contents}, *lines[number + 1 :]]

    return change


CHANGES: dict[str, tuple[Callable[[list[Line]], list[Line]], bool, str]] = {
    "an entry taken out": (without("grant", "received"), False, "missing, moved or changed"),
    "an entry taken out, hashed anew": (without("grant", "sent"), True, "which 平湖 did not send so"),
    "a receipt taken out, hashed anew": (without("receipt", "sent"), True, "did not send so"),
    "the last lines cut off": (lambda lines: lines[:-6], False, "did not send so"),
    "two entries changed about": (
        lambda lines: [lines[1], lines[0], *lines[2:]],
        True,
        "is not the one whose head it signed",
    ),
    "times changed, hashed anew": (
        lambda lines: [line | {"at": line["at"] + 1} for line in lines],
        True,
        "is not the one whose head it signed",
    ),
    "another claim in its place": (
        resigned("claim", "sent", gross_kg=1),
        True,
        "which 平湖 did not send so",
    ),
    "a grant for another claim": (
        resigned("grant", "sent", gross_kg=1),
        True,
        "is about no claim that came before it",
    ),
    "a fine without a grant": (resigned("fined", "sent", claim_id="x"), True, "has no grant of 金山"),
    "a receipt for other bytes": (
        resigned("receipt", "sent", sha256="0" * 64),
        True,
        "is for no message that came before it",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_done_to_a_log_shows(exported: Path, name: str) -> None:
    change, is_hashed_anew, problem = CHANGES[name]
    path = exported / f"{PINGHU}-{JINSHAN}.jsonl"
    lines = change([json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()])
    if is_hashed_anew:
        lines = chained(lines)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    code, said = verified(exported)
    assert code == 1
    assert problem in said


def test_a_wrong_key_verifies_nothing(exported: Path) -> None:
    code, said = verified(exported, **{PINGHU: "安吉"})
    assert code == 1
    assert "is not signed by 平湖" in said
    assert "is not signed by 金山" not in said
