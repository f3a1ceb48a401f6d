"""The partners' guide says what the code says: its messages are made again, its tables compared."""

import json
import re
from pathlib import Path

import pytest
from agencies import KEYS, NAMES, PINGHU, Pair, claim_of

from notices.exchange.app import partner_app
from notices.exchange.keys import public_text
from notices.exchange.kinds import Kind, Stage
from notices.exchange.refusals import Reason
from zhichao.cli import COMMANDS

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "partner.zh.md").read_text(encoding="utf-8")
EXAMPLES = [json.loads(text) for text in re.findall(r"```json\n(.*?)\n```", GUIDE, flags=re.DOTALL)]
TOLD = ("claim", "accepted/claim", "grant", "fined", "revoked", "release")


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """Return the messages of one act from its filing to its release, each as it was signed."""
    folder = tmp_path_factory.mktemp("guide")
    pair = Pair([f"sqlite:///{folder / name}.sqlite" for name in NAMES])
    ours = pair[PINGHU]
    ours.file(claim_of(PINGHU, 1))
    pair.heal()
    ours.decide(f"{PINGHU}-1")
    pair.heal()
    ours.revoke(f"{PINGHU}-1")
    with ours.database.write("test") as connection:
        ours.exchange.release(connection, f"{PINGHU}-1")
    pair.heal()
    said = {entry.message_id: json.loads(entry.contents) for entry in ours.log()}
    pair.close()
    first = {word: next(one for name, one in said.items() if name.startswith(f"{word}/")) for word in TOLD}
    return list(first.values())


def test_the_examples_are_what_the_program_signs(life: list[dict[str, object]]) -> None:
    assert life == EXAMPLES


def test_the_keys_of_the_examples_are_told() -> None:
    for name in NAMES:
        assert f"| {name} | `{public_text(KEYS[name].private.public_key())}` |" in GUIDE


def test_every_kind_stage_and_refusal_is_named() -> None:
    kinds = re.findall(r"^\| `(\w+)` \| ([^|\d]+) \| [^|]+ \|$", GUIDE, flags=re.MULTILINE)
    assert kinds == [(kind.value, kind.label) for kind in Kind]
    stages = re.findall(r"`(\w+)` (\S+?)[、；]", GUIDE[GUIDE.index("回执的阶段") :].split("\n\n")[0])
    assert stages == [(stage.value, stage.label) for stage in Stage]
    refusals = re.findall(r"^\| `(\w+)` \| (\d{3}) \| (.+?) \|$", GUIDE, flags=re.MULTILINE)
    named = [one for one in refusals if one[0] in set(Reason)]
    assert [(word, status) for word, status, _ in named] == [(one.value, str(one.status)) for one in Reason]


def test_addresses_and_commands_are_there(pair: Pair) -> None:
    paths = partner_app(pair[PINGHU].exchange, "https://here.test").openapi()["paths"]
    named = set(re.findall(r"`(?:GET|POST) (/v1/\w+)", GUIDE))
    assert named == set(paths)
    for line in re.findall(r"^zhichao (\w[\w-]*)", GUIDE, flags=re.MULTILINE):
        assert line in COMMANDS
