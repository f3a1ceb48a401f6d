"""The rules of the house that no linter knows."""

import ast
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from zhichao.cli import COMMANDS

ROOT = Path(__file__).parents[1]
ROOMS = ("models", "stations", "pipeline", "notices", "review", "zhichao")
ARROWS = {
    "stations": "stations/station.py",
    "intake": "stations/intake.py",
    "match frames": "pipeline/match.py",
    "gate quality": "pipeline/quality.py",
    "judge overload": "pipeline/overload.py",
    "read plates": "pipeline/plates/read.py",
    "judge obscured": "pipeline/obscured.py",
    "open case": "pipeline/cases.py",
    "look up registry": "pipeline/registries/look_up.py",
}


def modules() -> Iterator[Path]:
    for room in ROOMS:
        yield from (path for path in sorted((ROOT / room).rglob("*.py")) if "versions" not in path.parts)


def imported_rooms(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.split(".")[0] for name in names} & set(ROOMS)


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_the_structure_in_the_readme_is_the_one_on_disk(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)/` \| [^|]+ \| ([^|]+) \|$", text, flags=re.MULTILINE)
    assert [room for room, _ in rows] == list(ROOMS)
    for room, allowed in rows:
        permitted = set(ROOMS) if allowed in {"all", "全部"} else set(re.findall(r"\w+", allowed)) | {room}
        for path in (ROOT / room).rglob("*.py"):
            assert imported_rooms(path) <= permitted, path


def test_each_arrow_of_the_flow_is_a_module() -> None:
    flow = next(
        line for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if " → " in line
    )
    assert [arrow.strip() for arrow in flow.split("→")] == list(ARROWS)
    for path in ARROWS.values():
        assert (ROOT / path).is_file(), path


def test_every_command_is_documented() -> None:
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    told = "".join(row.split("|")[1] for row in text.splitlines() if row.startswith("| `"))
    assert sorted(re.findall(r"`zhichao ([\w-]+)", told)) == sorted(COMMANDS)


def test_every_decision_stands_in_the_list() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(
        r"^\| (\d+) \| \[(.+)\]\((.+)\) \|$", (folder / "README.md").read_text("utf-8"), re.MULTILINE
    )
    for number, title, name in listed:
        assert (folder / name).read_text(encoding="utf-8").startswith(f"# {number}. {title}\n"), name
    assert [name for _, _, name in listed] == sorted(path.name for path in folder.glob("0*.md"))


def test_links_between_the_documents_lead_somewhere() -> None:
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / link).exists(), f"{path}: {link}"


def test_files_are_small() -> None:
    sizes = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert max(sizes.values()) <= 400, max(sizes, key=lambda path: sizes[path])
    assert statistics.median(sizes.values()) <= 120


def test_functions_are_short() -> None:
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                assert length <= 50, f"{path}: {node.name} has {length} lines"


def test_only_the_edges_commit() -> None:
    for path in modules():
        if path.name != "database.py":
            assert ".commit(" not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize("name", ["runtime", "dev", "opencv", "weights"])
def test_every_pinned_package_carries_hashes_and_no_index(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index" not in text
    for entry in re.split(r"\n(?=\S)", text.strip()):
        assert "==" in entry
        assert "--hash=sha256:" in entry, entry.splitlines()[0]
