"""The office of a province: its agency, its seal, and everything else that issues its documents."""

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from pydantic import ValidationError

from models.database import Database
from models.files import FileStore
from notices.documents.issue import Office
from notices.documents.parts import Agency
from notices.documents.render import BODY, HEADING, Faces, Renderer
from notices.seal.authority import make_test_authority, make_test_seal
from notices.seal.clock import StampingAuthority
from notices.seal.error import SealError
from notices.seal.key import load_seal
from notices.seal.sealer import Sealer
from zhichao import wiring
from zhichao.settings import ConfigError, Settings

AGENCY_FILE, STAMP_ROOTS_FILE = "agency.toml", "stamp-roots.pem"
INVENTED = {
    "浙江": ("虚构市交通运输局", "虚浙交"),
    "上海": ("虚构区交通委员会执法大队", "虚沪交"),
}


def agency_of(settings: Settings, province: str) -> Agency:
    """Read the agency that issues for a province.

    Raises:
        ConfigError: there is none, or a field of it is missing or wrong.

    """
    path = settings.seals / province / AGENCY_FILE
    try:
        return Agency.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path}: no agency issues for {province}; `zhichao seal-init` makes a test one"
        ) from error
    except ValidationError as error:
        lines = [f"{path}: {'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise ConfigError("\n".join(lines)) from error
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from error


def office(settings: Settings, database: Database, province: str) -> Office:
    """Return the office of a province."""
    folder = settings.seals / province
    seal = load_seal(folder)
    authority = None
    if settings.stamping_url:
        authority = StampingAuthority(settings.stamping_url, certificates(folder / STAMP_ROOTS_FILE))
    fonts = settings.data_dir / "fonts"
    return Office(
        database=database,
        store=document_store(settings),
        renderer=Renderer(
            settings.verification_url,
            wiring.store(settings).read,
            # The package's faces come second: they have letters that an office's own face may lack.
            Faces(
                heading=tuple(dict.fromkeys((settings.heading_face, HEADING))),
                body=tuple(dict.fromkeys((settings.body_face, BODY))),
                folders=(fonts,) if fonts.is_dir() else (),
            ),
        ),
        sealer=Sealer(seal, authority),
    )


def document_store(settings: Settings) -> FileStore:
    """Return the sealed documents of an installation."""
    return FileStore(settings.data_dir / "documents")


def make_test_seals(settings: Settings) -> list[Path]:
    """Make an invented agency with a test seal for each province; the root's key is not kept.

    Raises:
        SealError: one is there already; a seal is never overwritten.

    """
    now = datetime.now(UTC)
    authority = make_test_authority(now)
    folders = []
    for province, (name, mark) in INVENTED.items():
        folder = settings.seals / province
        try:
            make_test_seal(folder, name, authority, now)
        except FileExistsError as error:
            raise SealError(f"{folder} is there already; a seal is never overwritten") from error
        fields = {"name": name, "mark": mark, "province": province} | dict.fromkeys(
            ("address", "handling_place", "payment"), "（虚构，请填写）"
        )
        fields |= dict.fromkeys(("phone", "contact", "review_body", "court"), "虚构")
        lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in fields.items()]
        (folder / AGENCY_FILE).write_text("".join(lines), encoding="utf-8")
        folders.append(folder)
    return folders


def certificates(path: Path, *, missing: bool = False) -> tuple[x509.Certificate, ...]:
    """Read the certificates of a file; with `missing`, none where there is no such file.

    Raises:
        SealError: they can't be read.

    """
    if missing and not path.exists():
        return ()
    try:
        return tuple(x509.load_pem_x509_certificates(path.read_bytes()))
    except (OSError, ValueError) as error:
        raise SealError(f"{path}: no certificates ({error})") from error
