"""Keys in a backup: one archive sealed under a passphrase (scrypt, RFC 7914, and AES-256-GCM)."""

import io
import json
import os
import secrets
import tarfile
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from models.errors import MisuseError
from models.private_file import OWNER_ONLY, write_private

PASSPHRASE_VARIABLE = "ZHICHAO_BACKUP_PASSPHRASE"  # noqa: S105 (the name of a variable)
SHORTEST = 12
COST = {"n": 1 << 15, "r": 8, "p": 1}
NONCE_BYTES = 12


class PassphraseError(MisuseError):
    """The passphrase is missing, too short, readable by others, or not the one that sealed."""


def passphrase(file: Path | None) -> bytes:
    """Return the passphrase of the variable ZHICHAO_BACKUP_PASSPHRASE, else of a file."""
    said = os.environ.get(PASSPHRASE_VARIABLE, "")
    if not said and file is not None:
        if file.stat().st_mode & ~OWNER_ONLY & 0o777:
            raise PassphraseError(f"{file}: others may read this passphrase; expected mode 600")
        said = file.read_text(encoding="utf-8").strip()
    if len(said) < SHORTEST:
        raise PassphraseError(
            f"passphrase: expected at least {SHORTEST} characters in {PASSPHRASE_VARIABLE} or a file"
        )
    return said.encode()


def seal(paths: list[Path], root: Path, said: bytes, target: Path) -> None:
    """Write the files, named relative to `root`, sealed; one from elsewhere as `elsewhere/<its name>`."""
    archive = io.BytesIO()
    # A link is followed: where it leads is not in the backup.
    with tarfile.open(fileobj=archive, mode="w", dereference=True) as tar:
        for path in sorted(paths):
            tar.add(path, arcname=str(_name(path, root)), recursive=False)
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(NONCE_BYTES)
    head = json.dumps({"salt": salt.hex(), **COST}).encode() + b"\n"
    write_private(target, head + nonce + AESGCM(_key(said, salt)).encrypt(nonce, archive.getvalue(), head))


def unseal(source: Path, root: Path, said: bytes) -> list[Path]:
    """Write the files back below `root`; another one that is there is never replaced.

    Raises:
        PassphraseError: the passphrase is another, or the file was changed.
        FileExistsError: a key is there already.

    """
    head, _, rest = source.read_bytes().partition(b"\n")
    salt = bytes.fromhex(json.loads(head)["salt"])
    try:
        opened = AESGCM(_key(said, salt)).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], head + b"\n")
    except InvalidTag as error:
        raise PassphraseError(f"{source}: another passphrase, or changed") from error
    written = []
    with tarfile.open(fileobj=io.BytesIO(opened)) as tar:
        for member in tar.getmembers():
            path = root / member.name
            content = tar.extractfile(member)
            if content is None or not path.resolve().is_relative_to(root.resolve()):
                continue
            kept = content.read()
            if not path.exists() or path.read_bytes() != kept:
                write_private(path, kept)
                written.append(path)
    return written


def _name(path: Path, root: Path) -> Path:
    """Return a name below `root`, to which it can be restored, for one that lies elsewhere too."""
    plain = Path(os.path.normpath(path))
    below = Path(os.path.normpath(root))
    return plain.relative_to(below) if plain.is_relative_to(below) else Path("elsewhere", plain.name)


def _key(said: bytes, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, **COST).derive(said)
