"""The second signature: the standard's example, OpenSSL as the other side, on file, and what doesn't hold."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import papers
import pytest
from asn1crypto import core, keys, pem
from sqlalchemy import select, update

from models.document_tables import Document
from notices.documents.issue import Issued, Office
from notices.documents.kinds import DocumentKind
from notices.documents.verify import breaks
from notices.seal.error import SealError
from notices.seal.key import load_seal
from notices.seal.sealer import Sealer
from notices.seal.sm2 import (
    CURVE,
    SM2_KEY_FILE,
    SM2_PUBLIC_FILE,
    Sm2Known,
    holds,
    known_of,
    load_key,
    public_keys,
)
from notices.seal.verify import Anchors

NOW = papers.SEALED_AT
# GB/T 32918.5-2017, annex A: key, message and signature on the recommended curve.
EXAMPLE_X = "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
EXAMPLE_Y = "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
EXAMPLE_R = "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
EXAMPLE_S = "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
MESSAGE = b"message digest"


class Pair(core.Sequence):  # type: ignore[misc] # asn1crypto is untyped
    _fields = [("r", core.Integer), ("s", core.Integer)]  # noqa: RUF012 (asn1crypto's way)


def openssl(*words: str | Path) -> str:
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not on this machine")
    done = subprocess.run(
        [program, *map(str, words)], capture_output=True, text=True, timeout=20, check=False
    )
    return done.stdout + done.stderr


def make_key(folder: Path, curve: str = "SM2") -> None:
    """Make a pair as docs/documents.md tells an agency to."""
    made = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}")
    (folder / SM2_KEY_FILE).write_text(made, encoding="ascii")
    public = openssl("pkey", "-in", folder / SM2_KEY_FILE, "-pubout")
    with (folder / SM2_PUBLIC_FILE).open("a", encoding="ascii") as target:
        target.write(public)


@pytest.fixture(scope="module")
def folder(seal_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a test seal with an SM2 key beside it."""
    made = Path(shutil.copytree(seal_folder, tmp_path_factory.mktemp("sm2") / "seal"))
    make_key(made)
    return made


@pytest.fixture
def issued(office: Office, folder: Path, new_case: Callable[[str], int]) -> Issued:
    sealing = Office(
        database=office.database,
        store=office.store,
        renderer=office.renderer,
        sealer=Sealer(load_seal(folder), clock=lambda: NOW),
    )
    paper = papers.paper(DocumentKind.CORRECTION_ORDER).model_copy(update={"act": None})
    return sealing.issue(paper, new_case("case-1"), papers.DAY)


def test_the_standards_own_example_holds() -> None:
    public = bytes.fromhex(EXAMPLE_X + EXAMPLE_Y)
    signature = Pair({"r": int(EXAMPLE_R, 16), "s": int(EXAMPLE_S, 16)}).dump()
    assert holds((public,), MESSAGE, signature)
    assert not holds((public,), MESSAGE + b".", signature)
    assert not holds((public,), MESSAGE, Pair({"r": int(EXAMPLE_R, 16), "s": 1}).dump())
    assert not holds((), MESSAGE, signature)
    assert not holds((public,), MESSAGE, b"")
    assert not holds((b"no point",), MESSAGE, signature)


def test_openssl_finds_the_signature_of_a_sealed_file_good_and_of_a_changed_one_bad(
    issued: Issued, office: Office, folder: Path, tmp_path: Path
) -> None:
    with office.database.read() as connection:
        signature = connection.scalar(select(Document.sm2))
    assert signature is not None
    (tmp_path / "sm2").write_bytes(bytes.fromhex(signature))
    changed = tmp_path / "changed.pdf"
    changed.write_bytes(issued.path.read_bytes()[:-1])

    def told(path: Path) -> str:
        by = ("-verify", folder / SM2_PUBLIC_FILE, "-signature", tmp_path / "sm2")
        return openssl("dgst", "-sm3", *by, "-sigopt", "distid:1234567812345678", path)

    assert "Verified OK" in told(issued.path)
    assert "Verification failure" in told(changed)


def test_what_openssl_signed_holds_here(folder: Path, tmp_path: Path) -> None:
    message = tmp_path / "message"
    message.write_bytes(MESSAGE)
    signed = ("-sign", folder / SM2_KEY_FILE, "-out", tmp_path / "sm2")
    openssl("dgst", "-sm3", *signed, "-sigopt", "distid:1234567812345678", message)
    assert holds(public_keys(folder), MESSAGE, (tmp_path / "sm2").read_bytes())


@pytest.mark.usefixtures("issued")
def test_a_signature_on_file_that_does_not_hold_is_named(office: Office, folder: Path) -> None:
    roots = load_seal(folder).roots

    def found(*keys: bytes, mark: str = papers.AGENCIES["浙江"].mark) -> list[str]:
        sm2 = (Sm2Known(agency="虚构机关", mark=mark, public=keys),)
        with office.database.read() as connection:
            return list(breaks(connection, office.store, Anchors(seals=roots, sm2=sm2), lambda: None))

    known = public_keys(folder)
    stranger = bytes.fromhex(EXAMPLE_X + EXAMPLE_Y)
    assert found(stranger, *known) == []
    assert "SM2 signature is not of this file, or of no key of 虚构机关" in found(stranger)[0]
    # Another agency's key does not count, though it is the very one.
    assert "no SM2 key is known here" in found(*known, mark="虚异")[0]
    assert "no SM2 key is known here" in found()[0]
    for broken in ("00", "", "no hex"):
        with office.database.write("test") as connection:
            connection.execute(update(Document).values(sm2=broken))
        assert len(found(*known)) == 1


def test_the_key_of_a_document_is_its_own_agencys() -> None:
    one, longer = (Sm2Known(agency=mark, mark=mark, public=(b"x",)) for mark in ("虚", "虚浙交"))
    assert known_of((one, longer), "虚浙交证〔2026〕1号") == longer
    assert known_of((longer, one), "虚证〔2026〕1号") == one
    assert known_of((longer,), "虚沪交证〔2026〕1号") is None


OFF_CURVE = bytes.fromhex("04" + EXAMPLE_X + EXAMPLE_Y[:-1] + "4")
COMPRESSED = bytes.fromhex("03" + EXAMPLE_X)


@pytest.mark.parametrize("point", [OFF_CURVE, COMPRESSED, b""])
def test_a_public_key_that_is_no_point_of_the_curve_is_named(point: bytes, tmp_path: Path) -> None:
    key = keys.PublicKeyInfo(
        {
            "algorithm": {"algorithm": "ec", "parameters": keys.ECDomainParameters("named", CURVE)},
            "public_key": point,
        }
    )
    (tmp_path / SM2_PUBLIC_FILE).write_bytes(pem.armor("PUBLIC KEY", key.dump()))
    with pytest.raises(SealError, match=f"{SM2_PUBLIC_FILE}: no public SM2 keys"):
        public_keys(tmp_path)


def test_a_curve_given_by_its_parameters_is_named(tmp_path: Path) -> None:
    explicit = ("-pkeyopt", "ec_param_enc:explicit")
    made = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", *explicit)
    (tmp_path / SM2_KEY_FILE).write_text(made, encoding="ascii")
    with pytest.raises(SealError, match=SM2_KEY_FILE):
        load_key(tmp_path)


def test_a_key_that_fits_none_of_the_public_ones_seals_nothing(folder: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(folder, tmp_path / "other"))
    (other / SM2_PUBLIC_FILE).unlink()
    with pytest.raises(SealError, match="the key fits none in"):
        load_seal(other)
    make_key(other)
    assert load_seal(other).sm2 is not None
    shutil.copy(folder / SM2_KEY_FILE, other / SM2_KEY_FILE)
    with pytest.raises(SealError, match="the key fits none in"):
        load_seal(other)


@pytest.mark.parametrize(
    ("content", "told"), [(None, "of another kind than SM2"), ("no key", "no SM2 key in PKCS#8")]
)
def test_a_file_that_is_no_sm2_key_is_named(content: str | None, told: str, tmp_path: Path) -> None:
    if content is None:
        make_key(tmp_path, "P-256")
    else:
        (tmp_path / SM2_KEY_FILE).write_text(content, encoding="ascii")
    with pytest.raises(SealError, match=told):
        load_key(tmp_path)


def test_an_agency_without_such_a_key_signs_once(seal_folder: Path) -> None:
    assert load_seal(seal_folder).sm2 is None
    assert Sealer(load_seal(seal_folder), clock=lambda: NOW).signed_again(b"x") is None
