"""The fields of a document: what a case says, what a file adds, held against the document's form."""

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from notices.documents.all_kinds import PAPERS
from notices.documents.kinds import DocumentKind
from notices.documents.paper import Paper
from notices.documents.parts import Agency
from zhichao.settings import ConfigError

# What the case itself says is never taken from a file.
OF_THE_CASE = {
    "act",
    "agency",
    "calculation",
    "case_number",
    "doubts",
    "lowered",
    "photographs",
    "record_sha256",
    "weighing",
}
# What the course of a case says, where it has come so far, no file may say otherwise.
FROM_ITS_COURSE = {
    "review",
    "notice_number",
    "noticed_on",
    "statement",
    "receipt",
    "hearing_on",
    "hearing_place",
}

# What a case that rests on no overload may have: nothing that tells of a mass or of a penalty.
WITHOUT_MASS = (DocumentKind.POLICE_TRANSFER,)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What the database knows of a case: the document's fields by name, and the case's id.

    `unweighed` says that it rests on no overload, so that few documents can be made of it.
    """

    case_id: int
    fields: dict[str, Any]
    unweighed: bool = False


def read_facts(path: Path | None) -> dict[str, Any]:
    """Read the fields that a file gives, TOML or JSON.

    Raises:
        ConfigError: the file can't be read, or names a field that no document takes from a file.

    """
    if path is None:
        return {}
    try:
        text = path.read_text(encoding="utf-8")
        given = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from error
    if not isinstance(given, dict):
        raise ConfigError(f"{path}: expected fields by name")
    known = {name for paper in PAPERS.values() for name in paper.model_fields} - OF_THE_CASE
    for name in given.keys() - known:
        raise ConfigError(f"{path}: {name}: no document takes this field from a file")
    return given


def make_paper(kind: DocumentKind, agency: Agency, case: CaseFacts, given: dict[str, Any]) -> Paper:
    """Return the document.

    Raises:
        ConfigError: a field is missing or wrong; each is named. No such document is made of a case that
            rests on no overload.

    """
    if case.unweighed and kind not in WITHOUT_MASS:
        possible = "、".join(f"《{one.label}》" for one in WITHOUT_MASS)
        raise ConfigError(f"《{kind.label}》：本案没有认定超限质量，只能出具{possible}")
    model = PAPERS[kind]
    for name in FROM_ITS_COURSE & case.fields.keys() & given.keys():
        raise ConfigError(f"{kind.label} {name}: the case itself says this; leave it out of the file")
    fields = {"agency": agency} | case.fields | given
    try:
        return model.model_validate({name: fields[name] for name in model.model_fields if name in fields})
    except ValidationError as error:
        lines = [
            f"{kind.label} {'.'.join(map(str, one['loc'])) or '全文'}: {one['msg']}"
            for one in error.errors(include_url=False)
        ]
        raise ConfigError("\n".join(lines)) from error
