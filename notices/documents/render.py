"""A document becomes a PDF: typed data in, the same bytes for the same data."""

import json
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import typst

from models.errors import NotDoneError
from notices.documents.kinds import DocumentKind
from notices.documents.paper import Paper
from notices.documents.parts import Act
from notices.documents.pictures import PhotographError, code_picture, printable

TEMPLATES = Path(__file__).parent / "templates"
FONT_PACKAGE = "pylopdf_fonts_zh_cn"
HEADING, BODY = "Noto Sans SC", "Noto Serif SC"
# PDF/A-2u: for keeping, and every letter can be told from the page again.
STANDARD: Final = "a-2u"
GROUP = 4
UNSHOWN = re.compile(r'the text `"(.+)"` could not be displayed with (.+)', re.DOTALL)


class RenderError(NotDoneError, ValueError):
    """A document can't be rendered; the message says which, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A point on a page: pages from 1, millimetres from the left and from the top."""

    page: int
    x_mm: float
    y_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedDocument:
    """A PDF that nobody has sealed: it must not leave. `seal_at` is the centre of the seal to come."""

    kind: DocumentKind
    act: Act
    pdf: bytes
    seal_at: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Faces:
    """The faces of headings and body, first choice first, and the folders that they are in."""

    heading: tuple[str, ...] = (HEADING,)
    body: tuple[str, ...] = (BODY,)
    folders: tuple[Path, ...] = ()


class Renderer:
    """Renders documents; `photograph` gives a frame's bytes by digest."""

    def __init__(
        self, verification_url: str, photograph: Callable[[str], bytes], faces: Faces | None = None
    ) -> None:
        """Load the faces.

        Raises:
            RenderError: a face is not in the folders; it is named.

        """
        self._verification_url = verification_url.rstrip("/")
        self._photograph = photograph
        faces = faces or Faces()
        self._fonts = _fonts(faces.folders)
        missing = {*faces.heading, *faces.body} - set(self._fonts.families())
        if missing:
            raise RenderError(f"no face {', '.join(sorted(missing))} in the font folders")
        self._faces = json.dumps({"heading": faces.heading, "body": faces.body})

    def render(self, paper: Paper) -> RenderedDocument:
        """Return the document as PDF/A.

        Raises:
            RenderError: it has no number yet, a letter is in none of the faces, a photograph is none,
                or the typesetter warns.

        """
        if paper.act is None:
            raise RenderError(f"{paper.kind.label}: number: not assigned yet")
        words = self.words(paper)
        with tempfile.TemporaryDirectory(prefix="document-") as folder:
            root = Path(folder)
            self._lay_out(paper, paper.act, root)
            inputs = {"data": json.dumps(words, ensure_ascii=False), "fonts": self._faces}
            compiler = typst.Compiler(
                str(root / "main.typ"),
                root=str(root),
                font_paths=self._fonts,
                ignore_system_fonts=True,
                sys_inputs=inputs,
            )
            return RenderedDocument(
                kind=paper.kind,
                act=paper.act,
                pdf=_compiled(compiler, paper, words),
                seal_at=_seal_place(compiler),
            )

    @staticmethod
    def words(paper: Paper) -> dict[str, Any]:
        """Return what the template prints."""
        code = paper.act.code if paper.act else ""
        shown = "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))
        return paper.words() | {"code_shown": shown}

    def _lay_out(self, paper: Paper, act: Act, root: Path) -> None:
        """Put templates and pictures, and nothing else, where the typesetter may read."""
        for name, source in (("base", "base"), ("main", paper.kind.value)):
            (root / f"{name}.typ").write_bytes(_template(source))
        (root / "code.svg").write_bytes(code_picture(f"{self._verification_url}/{act.code}"))
        for number, photograph in enumerate(paper.photographs_shown, start=1):
            try:
                content = printable(photograph, self._photograph(photograph.sha256))
            except (PhotographError, OSError) as error:
                raise RenderError(f"{paper.kind.label}: photograph {number}: {error}") from error
            (root / f"photograph-{number}.jpg").write_bytes(content)


def _compiled(compiler: typst.Compiler, paper: Paper, words: dict[str, Any]) -> bytes:
    day = paper.act.issued_on if paper.act else None
    made_at = datetime.combine(day, time(), tzinfo=UTC) if day else None
    try:
        pdf, warnings = compiler.compile_with_warnings(
            format="pdf", pdf_standards=STANDARD, timestamp=made_at
        )
    except typst.TypstError as error:
        raise RenderError(f"{paper.kind.label}: {_explained(error.message, words)}") from error
    if warnings:
        raise RenderError(f"{paper.kind.label}: the typesetter warns: {warnings[0].message}")
    if not isinstance(pdf, bytes):
        raise RenderError(f"{paper.kind.label}: the typesetter gave no PDF")
    return pdf


def _explained(message: str, words: dict[str, Any]) -> str:
    found = UNSHOWN.search(message)
    if found is None:
        return message
    text, face = found.groups()
    fields = [name for name, value in _leaves(words) if any(letter in value for letter in text)]
    named = ", ".join(f"U+{ord(letter):04X}" for letter in text)
    return f"{', '.join(fields) or 'template'}: {text} ({named}) is not in {face}"


def _leaves(value: object, name: str = "") -> list[tuple[str, str]]:
    match value:
        case dict():
            items = [(f"{name}.{key}".strip("."), one) for key, one in value.items()]
        case list() | tuple():
            items = [(f"{name}.{number}", one) for number, one in enumerate(value)]
        case str():
            return [(name, value)]
        case _:
            return []
    return [leaf for key, one in items for leaf in _leaves(one, key)]


def _seal_place(compiler: typst.Compiler) -> Place:
    found = json.loads(compiler.query("<seal>", field="value", one=True))
    x_pt, y_pt = (float(found[axis].removesuffix("pt")) for axis in ("x", "y"))
    return Place(page=found["page"], x_mm=x_pt * 25.4 / 72, y_mm=y_pt * 25.4 / 72)


@cache
def _template(name: str) -> bytes:
    return (TEMPLATES / f"{name}.typ").read_bytes()


@cache
def _fonts(folders: tuple[Path, ...]) -> typst.Fonts:
    spec = find_spec(FONT_PACKAGE)
    if spec is None or spec.origin is None:
        raise RenderError(f"no faces to print with: the package {FONT_PACKAGE} is not installed")
    paths = [str(Path(spec.origin).parent), *map(str, folders)]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=paths)
