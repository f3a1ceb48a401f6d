"""Keys are in a backup only if somebody asks, and sealed."""

import shutil
import stat
from pathlib import Path

import pytest
from installation import Place, made

from zhichao.backup import sealed_keys
from zhichao.backup.make import backups

PASSPHRASE = "correct horse battery staple"  # noqa: S105 (made up)


def test_keys_are_in_it_only_if_asked_and_sealed(
    filled: Place, elsewhere: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = filled.settings.key_file.read_bytes()
    without = made(filled)
    assert not any(key[30:60] in path.read_bytes() for path in without.rglob("*") if path.is_file())
    assert "passphrase" in filled.run("backup", "--keys", code=2)
    monkeypatch.setenv("ZHICHAO_BACKUP_PASSPHRASE", PASSPHRASE)
    shutil.rmtree(without)
    filled.run("backup", "--keys")
    (backup,) = backups(filled.data / "backup")
    assert not any(key[30:60] in path.read_bytes() for path in backup.rglob("*") if path.is_file())
    assert stat.S_IMODE((filled.data / "backup").stat().st_mode) == 0o700
    monkeypatch.setenv("ZHICHAO_BACKUP_PASSPHRASE", PASSPHRASE + "?")
    assert "another passphrase" in elsewhere.run("restore", str(backup), "--keys", code=2)
    monkeypatch.delenv("ZHICHAO_BACKUP_PASSPHRASE")
    secret = tmp_path / "passphrase"
    secret.write_text(PASSPHRASE + "\n", encoding="utf-8")
    secret.chmod(0o644)
    asked = ("restore", str(backup), "--keys", "--passphrase-file", str(secret))
    assert "others may read" in elsewhere.run(*asked, code=2)
    secret.chmod(0o600)
    elsewhere.run(*asked)
    restored = elsewhere.settings.key_file
    assert restored.read_bytes() == key
    assert stat.S_IMODE(restored.stat().st_mode) == 0o600


def test_a_key_that_lies_elsewhere_is_sealed_too(tmp_path: Path) -> None:
    mounted, keys = tmp_path / "mounted.pem", tmp_path / "data" / "keys"
    mounted.write_bytes(b"secret")
    keys.mkdir(parents=True)
    (keys / "agency.pem").symlink_to(mounted)
    (tmp_path / "registry.key").write_bytes(b"other")
    outside = tmp_path / "data" / ".." / "registry.key"
    said, sealed = PASSPHRASE.encode(), tmp_path / "keys.sealed"
    sealed_keys.seal([keys / "agency.pem", outside], tmp_path / "data", said, sealed)
    sealed_keys.unseal(sealed, tmp_path / "new", said)
    assert (tmp_path / "new" / "keys" / "agency.pem").read_bytes() == b"secret"
    assert (tmp_path / "new" / "elsewhere" / "registry.key").read_bytes() == b"other"
