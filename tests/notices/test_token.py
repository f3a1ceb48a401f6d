"""A key in a token, here SoftHSM's: it seals as a file's does, and what can't be had is said by name."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import papers
import pkcs11
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12
from cryptography.x509.oid import NameOID
from sqlalchemy import Row, select

from models.database import Database
from models.document_tables import Document
from models.files import FileStore
from notices.documents.issue import Office
from notices.documents.kinds import DocumentKind
from notices.documents.paper import Paper
from notices.documents.render import RenderedDocument, Renderer
from notices.seal.authority import KEY_FILE, PASSPHRASE_FILE, ROOTS_FILE, make_test_authority, make_test_seal
from notices.seal.error import SealError
from notices.seal.key import load_seal
from notices.seal.sealer import Sealer
from notices.seal.token import CERTIFICATE_FILE, TOKEN_FILE
from notices.seal.verify import Anchors, verify

NOW = papers.SEALED_AT
AGENCY = papers.AGENCIES["浙江"]
LABEL, PIN, VARIABLE = "虚构令牌", "40414243", "INVENTED_PIN"
MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
MODULE = next((path for path in MODULES if Path(path).exists()), "")
pytestmark = pytest.mark.skipif(
    not MODULE or shutil.which("softhsm2-util") is None, reason="SoftHSM2 is not on this machine"
)


def softhsm(*words: str | Path) -> None:
    program = shutil.which("softhsm2-util")
    assert program is not None
    subprocess.run([program, *map(str, words)], check=True, capture_output=True, timeout=20)


def put_key(seal: Path, label: str) -> None:
    """Move the key of a seal's PKCS#12 file into the token."""
    key, _, _ = pkcs12.load_key_and_certificates(
        (seal / KEY_FILE).read_bytes(), (seal / PASSPHRASE_FILE).read_bytes()
    )
    assert key is not None
    plain = seal / "key.pem"
    plain.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    where = ("--token", LABEL, "--pin", PIN, "--label", label, "--id", "A1", "--force", "--no-public-key")
    softhsm("--import", plain, *where)
    plain.unlink()


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the folder of a test seal whose key is in a token, and in no file."""
    folder = tmp_path_factory.mktemp("token")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\n", encoding="utf-8")
    seal = folder / "seal"
    make_test_seal(seal, AGENCY.name, make_test_authority(NOW), NOW)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(folder / "softhsm2.conf"))
        softhsm("--init-token", "--free", "--label", LABEL, "--so-pin", "50515253", "--pin", PIN)
        put_key(seal, "seal")
        _, certificate, _ = pkcs12.load_key_and_certificates(
            (seal / KEY_FILE).read_bytes(), (seal / PASSPHRASE_FILE).read_bytes()
        )
        assert certificate is not None
        (seal / CERTIFICATE_FILE).write_bytes(certificate.public_bytes(Encoding.PEM))
        (seal / "pin").write_text(f"{PIN}\n", encoding="utf-8")
        yield seal
        pkcs11.unload(MODULE)


def described(token: Path, folder: Path, /, **changed: str) -> Path:
    """Return a copy of the seal's folder without its file of a key, with settings changed."""
    settings = {"module": MODULE, "token": LABEL, "key": "seal", "pin_file": "pin"} | changed
    shutil.copytree(token, folder, ignore=shutil.ignore_patterns(KEY_FILE, PASSPHRASE_FILE))
    lines = [f'{name} = "{value}"\n' for name, value in settings.items() if value]
    (folder / TOKEN_FILE).write_text("".join(lines), encoding="utf-8")
    return folder


def test_a_token_seals_what_ours_and_popplers_check_find_good(
    token: Path, tmp_path: Path, renderer: Renderer, pdfsig: Callable[[Path], str]
) -> None:
    seal = load_seal(described(token, tmp_path / "seal"))
    paper = papers.paper(DocumentKind.CORRECTION_ORDER)
    sealed = Sealer(seal, clock=lambda: NOW).seal(renderer.render(paper))
    found = verify(sealed.pdf, Anchors(seals=seal.roots), now=NOW)
    assert found.holds
    assert found.seals[0].sealed_by == seal.holder == f"{AGENCY.name} 测试 TEST"
    path = tmp_path / "sealed.pdf"
    path.write_bytes(sealed.pdf)
    assert "Signature is Valid." in pdfsig(path)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"token": "另一令牌"}, "token 另一令牌, key seal: no such token here"),
        ({"key": "other"}, "key other: .*label 'other'"),
        ({"module": "/nowhere/lib.so"}, "nowhere"),
        ({"pin_file": "", "pin_variable": VARIABLE}, "wrong PIN"),
    ],
)
def test_a_token_that_cannot_sign_is_told_before_anything_begins(
    changed: dict[str, str], told: str, token: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "99999999")
    seal = load_seal(described(token, tmp_path / "seal", **changed))
    with pytest.raises(SealError, match=told):
        Sealer(seal, clock=lambda: NOW).refuse_unless_ready()


def test_a_token_whose_key_fits_another_certificate_seals_nothing(token: Path, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger"
    make_test_seal(stranger, "虚构另一机关", make_test_authority(NOW), NOW)
    put_key(stranger, "stranger")
    seal = load_seal(described(token, tmp_path / "seal", key="stranger"))
    with pytest.raises(SealError, match=f"doesn't fit the certificate of .*{AGENCY.mark[0]}"):
        Sealer(seal, clock=lambda: NOW).refuse_unless_ready()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"pin_variable": VARIABLE}, "expected one of pin_file and pin_variable"),
        ({"pin_file": ""}, "expected one of pin_file and pin_variable"),
        ({"pin": PIN}, "pin: Extra inputs are not permitted"),
        ({"pin_file": "nowhere"}, "nowhere"),
        ({"pin_file": "", "pin_variable": VARIABLE}, f"no PIN in the environment variable {VARIABLE}"),
    ],
)
def test_settings_of_a_token_that_are_wrong_are_named_and_never_show_the_pin(
    changed: dict[str, str], told: str, token: Path, tmp_path: Path
) -> None:
    with pytest.raises(SealError, match=told) as refused:
        load_seal(described(token, tmp_path / "seal", **changed))
    assert PIN not in str(refused.value)


@pytest.mark.parametrize("flag", [pkcs11.TokenFlag.USER_PIN_FINAL_TRY, pkcs11.TokenFlag.USER_PIN_LOCKED])
def test_the_last_try_of_a_pin_is_left_to_people(
    token: Path, tmp_path: Path, flag: pkcs11.TokenFlag, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal = load_seal(described(token, tmp_path / "seal"))
    seal.key.prove()
    sound = pkcs11.lib(MODULE).get_token(token_label=LABEL)
    # SoftHSM locks nobody out, so a token that does is drawn; opening it would be a try.
    drawn = SimpleNamespace(flags=sound.flags | flag)
    monkeypatch.setattr(pkcs11, "lib", lambda _: SimpleNamespace(get_token=lambda **_: drawn))
    with pytest.raises(SealError, match="PIN locked or one try left"):
        seal.key.prove()


def test_a_certificate_of_an_issuing_authority_leads_to_the_root_through_it(
    token: Path, tmp_path: Path, renderer: Renderer
) -> None:
    folder = described(token, tmp_path / "seal")
    root = certified("虚构根", None)
    issuer = certified("虚构签发", root)
    held = x509.load_pem_x509_certificate((folder / CERTIFICATE_FILE).read_bytes())
    own = certified("虚构机关", issuer, held.public_key())
    (folder / ROOTS_FILE).write_bytes(root.certificate.public_bytes(Encoding.PEM))
    (folder / CERTIFICATE_FILE).write_bytes(own.certificate.public_bytes(Encoding.PEM))
    rendered = renderer.render(papers.paper(DocumentKind.CORRECTION_ORDER))
    with pytest.raises(SealError, match="leads to no trusted root"):
        Sealer(load_seal(folder), clock=lambda: NOW).seal(rendered)
    with (folder / CERTIFICATE_FILE).open("ab") as target:
        target.write(issuer.certificate.public_bytes(Encoding.PEM))
    sealed = Sealer(load_seal(folder), clock=lambda: NOW).seal(rendered)
    assert verify(sealed.pdf, Anchors(seals=(root.certificate,)), now=NOW).holds


def usage(*, signs: bool) -> x509.KeyUsage:
    said = dict.fromkeys(("digital_signature", "content_commitment"), signs)
    said |= dict.fromkeys(("key_cert_sign", "crl_sign"), not signs)
    others = ("key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only")
    return x509.KeyUsage(**said, **dict.fromkeys(others, False))


@dataclass(frozen=True)
class Certified:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def certified(name: str, by: Certified | None, public: CertificatePublicKeyTypes | None = None) -> Certified:
    """Certify a key, a new one where none is given: by an authority, or by itself as a root."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    is_authority = public is None
    return Certified(
        key=key,
        certificate=x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(public or key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(usage(signs=not is_authority), critical=True)
        .sign(by.key if by else key, hashes.SHA256()),
    )


def test_a_key_lost_between_number_and_seal_leaves_the_case_waiting_and_takes_no_other_number(
    token: Path, tmp_path: Path, renderer: Renderer, database: Database, new_case: Callable[[str], int]
) -> None:
    put_key(token, "lost")
    folder = described(token, tmp_path / "seal", key="lost")

    class Pulling:
        def render(self, document: Paper) -> RenderedDocument:
            remove_key("lost")
            return renderer.render(document)

    def office(render: Renderer = renderer) -> Office:
        store, sealer = FileStore(tmp_path / "documents"), Sealer(load_seal(folder), clock=lambda: NOW)
        return Office(database=database, store=store, renderer=render, sealer=sealer)

    def row() -> Row[tuple[str, str, str]]:
        with database.read() as connection:
            return connection.execute(select(Document.number, Document.state, Document.reason)).one()

    case_id, other_id = new_case("case-1"), new_case("case-2")
    paper = papers.paper(DocumentKind.CORRECTION_ORDER).model_copy(update={"act": None})
    with pytest.raises(SealError, match="key lost"):
        office(cast("Renderer", Pulling())).issue(paper, case_id, papers.DAY)
    waits = row()
    assert (waits.state, "key lost" in waits.reason) == ("reserved", True)
    assert not list((tmp_path / "documents").rglob("*"))
    put_key(token, "lost")
    assert office().issue(paper, case_id, papers.DAY).number == waits.number
    remove_key("lost")
    # What is sealed is had without the token; nothing else takes a number.
    assert not office().issue(paper, case_id, papers.DAY).is_new
    with pytest.raises(SealError, match="key lost"):
        office().issue(paper, other_id, papers.DAY)
    assert row().number == waits.number


def remove_key(label: str) -> None:
    with pkcs11.lib(MODULE).get_token(token_label=LABEL).open(rw=True, user_pin=PIN) as session:
        session.get_key(label=label).destroy()
