"""Every reason for quarantine that the code gives has words that people read."""

import ast
from collections.abc import Iterator
from pathlib import Path

import stations
from models.values.problems import ProblemKind

# Where a code stands among the arguments of what tells a problem.
PLACES = {"FileRefusedError": 0, "PydanticCustomError": 0, "refuse": 2, "expect": 2}


def told(tree: ast.AST) -> Iterator[str]:
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        place = PLACES.get(name)
        given = [call.args[place]] if place is not None and len(call.args) > place else []
        given += [one.value for one in call.keywords if one.arg == "code"]
        branches = [
            part
            for one in given
            for part in ((one.body, one.orelse) if isinstance(one, ast.IfExp) else (one,))
        ]
        yield from (str(part.value) for part in branches if isinstance(part, ast.Constant))


def test_every_code_has_its_words() -> None:
    sources = [
        path.read_text(encoding="utf-8") for path in sorted(Path(stations.__file__).parent.rglob("*.py"))
    ]
    codes = {code for source in sources for code in told(ast.parse(source)) if code.islower()}
    assert len(codes) > 20, codes
    assert {code for code in codes if ProblemKind(code) is ProblemKind.OTHER} == set()


def test_what_nobody_foresaw_has_words_too() -> None:
    assert ProblemKind("int_parsing_size").label == "内容不符合要求"
