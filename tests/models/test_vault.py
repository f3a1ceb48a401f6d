import base64
from pathlib import Path

import pytest

from models.vault import KEYS_VARIABLE, Vault, VaultError

OWNER = "虚构车主"


def test_what_is_sealed_opens_only_with_its_key_and_in_its_place() -> None:
    vault, other = Vault([b"1" * 32]), Vault([b"2" * 32])
    sealed = vault.seal(OWNER, "row 1")
    assert OWNER.encode() not in sealed
    assert vault.open(sealed, vault.key_id, "row 1") == OWNER
    with pytest.raises(VaultError, match="moved"):
        vault.open(sealed, vault.key_id, "row 2")
    with pytest.raises(VaultError, match="moved"):
        vault.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), vault.key_id, "row 1")
    with pytest.raises(VaultError, match="is not among the keys"):
        other.open(sealed, vault.key_id, "row 1")


def test_the_same_text_is_sealed_differently_each_time() -> None:
    vault = Vault([b"1" * 32])
    assert vault.seal(OWNER, "row") != vault.seal(OWNER, "row")


def test_a_new_key_on_top_seals_and_the_older_still_opens() -> None:
    old = Vault([b"1" * 32])
    sealed = old.seal(OWNER, "row")
    both = Vault([b"2" * 32, b"1" * 32])
    assert both.key_id != old.key_id
    assert both.open(sealed, old.key_id, "row") == OWNER


def test_the_key_file_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "registry.key"
    first = Vault.load(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert Vault.load(path).key_id == first.key_id
    assert [one.name for one in path.parent.iterdir()] == ["registry.key"]


def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "registry.key"
    Vault.load(path)
    path.chmod(0o640)
    with pytest.raises(VaultError, match="expected mode 600"):
        Vault.load(path)


@pytest.mark.parametrize("text", ["", "no base64!", base64.b64encode(b"short").decode()])
def test_what_is_no_key_is_refused_without_being_shown(tmp_path: Path, text: str) -> None:
    path = tmp_path / "registry.key"
    path.touch(0o600)
    path.write_text(text, encoding="ascii")
    with pytest.raises(VaultError) as caught:
        Vault.load(path)
    assert not text or text not in str(caught.value)


def test_a_variable_takes_the_files_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEYS_VARIABLE, base64.b64encode(b"3" * 32).decode())
    assert Vault.load(tmp_path / "none").key_id == Vault([b"3" * 32]).key_id
    assert list(tmp_path.iterdir()) == []
