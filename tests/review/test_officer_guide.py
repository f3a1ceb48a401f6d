"""The officers' guide: the keys, roles, words and commands that it names exist; its pictures are small."""

import re
from pathlib import Path

from models.values.office import Role
from review.words import catalogue
from review.writing import FOLDER
from zhichao.cli import COMMANDS

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "officer.zh.md").read_text(encoding="utf-8")
CODE = re.findall(r"`([^`]+)`", GUIDE)
LARGEST, ALL_TOGETHER = 150_000, 1_000_000


def test_the_keys_are_those_of_the_pages() -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in (FOLDER / "templates").glob("*.html"))
    # The reasons of a dismissal are numbered as they are listed.
    keys = {key.upper() for key in re.findall(r'data-key="(\w)"', pages)} | {"1", "9"}
    assert {word for word in CODE if re.fullmatch(r"[A-Z0-9]", word)} == keys


def test_the_roles_are_all_roles() -> None:
    table = GUIDE.partition("## 谁做什么")[2].partition("## ")[0]
    assert set(re.findall(r"^\| (\S+) \|", table, re.MULTILINE)) - {"角色"} == {role.label for role in Role}


def test_the_words_are_words_of_the_console() -> None:
    known = set(catalogue())
    words = re.findall(r"「([^」]+)」", GUIDE)
    assert len(words) > 40
    assert [word for word in words if word not in known] == []


def test_the_commands_exist() -> None:
    named = {word.split()[1] for word in CODE if word.startswith("zhichao ")}
    assert named
    assert named <= set(COMMANDS)


def test_the_pictures_are_there_all_shown_and_small() -> None:
    shown = set(re.findall(r"!\[[^\]]+\]\(([^)]+)\)", GUIDE))
    sizes = {f"officer/{path.name}": path.stat().st_size for path in (DOCS / "officer").iterdir()}
    assert shown == set(sizes)
    assert max(sizes.values()) < LARGEST
    assert sum(sizes.values()) < ALL_TOGETHER
