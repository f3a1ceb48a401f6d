"""The guide for vendors says what the code does: its examples are sent, its tables compared."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from fake_reader import frame_bytes
from pushing import Pushing

from stations.push.refusals import Reason
from stations.push.settings import Push

GUIDE = (Path(__file__).parents[3] / "docs" / "integration-station.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"```sh\n(curl .*?)\n```\n\n```json\n(.*?)\n```", re.DOTALL)


def sent(command: str, pushing: Pushing, url: str) -> httpx.Response:
    """Send what a curl command of the guide sends."""
    words = iter(shlex.split(command.replace("TOKEN", pushing.token).replace("\\\n", " "))[1:])
    place = next(words).removeprefix("https://push.example:8430")
    more: dict[str, Any] = {"headers": {}}
    for option in words:
        value = next(words)
        if option == "-H":
            key, _, said = value.partition(": ")
            more["headers"][key] = said
        elif option == "--data":
            more["content"] = value.encode()
        elif option == "-F":
            key, _, name = value.partition("=@")
            more["files"] = [(key, (name, frame_bytes(1)))]
        else:
            raise AssertionError(f"{option}: the guide's reader must learn it")
    return httpx.post(url + place, trust_env=False, timeout=10, **more)


def differences(said: object, got: object, place: str = "") -> Iterator[str]:
    """Yield where what the guide says is not what came; it may leave keys out."""
    if isinstance(said, dict) and isinstance(got, dict):
        for key, value in said.items():
            yield from differences(value, got.get(key), f"{place}.{key}")
    elif isinstance(said, list) and isinstance(got, list) and len(said) == len(got):
        for number, (one, other) in enumerate(zip(said, got, strict=True)):
            yield from differences(one, other, f"{place}[{number}]")
    elif said != got:
        yield f"{place}: the guide says {said!r}, the listener {got!r}"


def test_every_example_of_the_guide_is_answered_as_it_says(pushing: Pushing) -> None:
    examples = EXAMPLE.findall(GUIDE)
    assert len(examples) == GUIDE.count("```sh") == 6
    with pushing.listening() as url:
        for command, answer in examples:
            got = sent(command, pushing, url)
            assert list(differences(json.loads(answer), got.json())) == []


def test_the_guide_lists_every_refusal() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d{3}) \| (.+?) \| (是|否) \|$", GUIDE, flags=re.MULTILINE)
    assert rows == [
        (reason.value, str(reason.status), reason.label, "是" if reason.passes else "否") for reason in Reason
    ]


def test_the_limits_of_the_guide_are_the_defaults() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| .+ \|$", GUIDE, flags=re.MULTILINE)
    limits = {name: value for name, value in rows if name in Push.model_fields}
    assert len(limits) == 12
    for name, value in limits.items():
        assert float(value) == getattr(Push(), name), name
