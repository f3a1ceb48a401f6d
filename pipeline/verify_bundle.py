"""Verify one evidence bundle offline: python verify_bundle.py CASE.zip [--fingerprint HEX].

Needs Python 3.11 and the package `cryptography`, nothing else: no database, no network, no other file of the
program. Take this script and the fingerprint from the authority's published page, not from the bundle.
"""

import argparse
import hashlib
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SIGNED, SIGNATURE, KEY = "manifest.json", "manifest.sig", "public.pem"


class BundleError(Exception):
    """The bundle does not hold what was signed; the message names the first thing that differs."""


def verify(path: Path, fingerprint: str = "") -> tuple[dict[str, Any], str]:
    """Return the manifest of a bundle whose every byte is as it was signed, and the key's fingerprint."""
    try:
        with zipfile.ZipFile(path) as archive:
            content = {name: archive.read(name) for name in archive.namelist()}
            if len(content) != len(archive.namelist()):
                raise BundleError("a name stands twice in the archive")
    except (zipfile.BadZipFile, OSError, RuntimeError) as error:
        raise BundleError(f"{path}: {error}") from error
    for name in (SIGNED, SIGNATURE, KEY):
        if name not in content:
            raise BundleError(f"{name} is missing")
    found = _check_signature(content, fingerprint)
    manifest: dict[str, Any] = json.loads(content[SIGNED])
    _check_digests(content, manifest["files"])
    _check_audit(json.loads(content["audit.json"]))
    return manifest, found


def _check_signature(content: dict[str, bytes], fingerprint: str) -> str:
    key = serialization.load_pem_public_key(content[KEY])
    if not isinstance(key, Ed25519PublicKey):
        raise BundleError(f"{KEY}: expected an Ed25519 key")
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    found = hashlib.sha256(raw).hexdigest()
    if fingerprint and found != fingerprint.lower():
        raise BundleError(f"signed with another key: {found}")
    try:
        key.verify(bytes.fromhex(content[SIGNATURE].decode("ascii", "replace")), content[SIGNED])
    except (InvalidSignature, ValueError) as error:
        raise BundleError(f"{SIGNATURE} is no signature of {SIGNED}") from error
    return found


def _check_digests(content: dict[str, bytes], files: dict[str, str]) -> None:
    for name, digest in files.items():
        if name not in content:
            raise BundleError(f"{name} is missing")
        if hashlib.sha256(content[name]).hexdigest() != digest:
            raise BundleError(f"{name} was changed")
    added = set(content) - set(files) - {SIGNED, SIGNATURE, KEY}
    if added:
        raise BundleError(f"{min(added)} was added")


def _check_audit(excerpt: list[dict[str, Any]]) -> None:
    """Each entry carries the hash before it, so that its own can be worked out again."""
    for entry in excerpt:
        fields = {name: entry[name] for name in sorted(entry) if name not in {"hash", "before"}}
        text = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        digest = hashlib.sha256(f"{entry['before']}\n{text}".encode()).hexdigest()
        if digest != entry["hash"]:
            raise BundleError(f"audit.json: entry {entry['number']} does not have its hash")


def main() -> None:
    """Verify the bundle named on the command line and say what was found."""
    parser = argparse.ArgumentParser(description="Verify an evidence bundle.")
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--fingerprint", default="", help="published SHA-256 of the public key")
    given = parser.parse_args()
    try:
        manifest, fingerprint = verify(given.bundle, given.fingerprint)
    except BundleError as error:
        sys.exit(f"NOT VALID 无效: {error}")
    known = "as given" if given.fingerprint else "compare with the published one"
    sys.stdout.write(
        f"VALID 有效: case {manifest['case']}, {len(manifest['files'])} files, signed {manifest['made_at']}\n"
        f"key {fingerprint} ({known})\n"
    )


if __name__ == "__main__":
    main()
