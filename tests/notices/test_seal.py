import io
import shutil
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import papers
import pypdfium2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from PIL import Image
from pyhanko.sign.signers import SimpleSigner
from revoked_lists import revoked_list

from notices.documents.kinds import DocumentKind
from notices.documents.render import RenderedDocument, Renderer
from notices.seal.authority import (
    IMAGE_FILE,
    KEY_FILE,
    PASSPHRASE_FILE,
    ROOTS_FILE,
    make_test_authority,
    make_test_seal,
)
from notices.seal.error import SealError
from notices.seal.impression import RED, SIDE_PX, draw_test_impression
from notices.seal.key import Seal, SealKey, load_seal
from notices.seal.sealer import SealedDocument, Sealer
from notices.seal.verify import Anchors, NoSealError, OnRecord, verify

NOW = papers.SEALED_AT


@pytest.fixture(scope="module")
def rendered(renderer: Renderer) -> RenderedDocument:
    return renderer.render(papers.paper(DocumentKind.EVIDENCE_SHEET))


@pytest.fixture(scope="module")
def sealed(rendered: RenderedDocument, sealer: Sealer) -> SealedDocument:
    return sealer.seal(rendered)


@pytest.fixture
def copy(seal_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(seal_folder, tmp_path / "copy"))


def test_a_sealed_document_says_who_sealed_what_and_when(sealed: SealedDocument, seal: Seal) -> None:
    found = verify(sealed.pdf, Anchors(seals=seal.roots), now=NOW).seals
    assert len(found) == 1
    one = found[0]
    assert (one.sealed_by, one.document) == (
        "虚构市平湖交通运输局（测试） 测试 TEST",
        "技术监控记录证据单 虚平交证〔2026〕12号",
    )
    assert (one.intact, one.trusted, one.holds, one.stamped_at) == (True, True, True, None)
    assert one.sealed_at is not None
    assert abs(one.sealed_at - datetime.now(UTC)) < timedelta(minutes=5)


def test_the_seal_is_pressed_in_red_over_the_date(sealed: SealedDocument, rendered: RenderedDocument) -> None:
    def red(pdf: bytes) -> int:
        document = pypdfium2.PdfDocument(pdf)
        document.init_forms()
        page = document[len(document) - 1].render(scale=1).to_numpy().astype(int)
        document.close()
        x, y = (round(place * 72 / 25.4) for place in (rendered.seal_at.x_mm, rendered.seal_at.y_mm))
        around = page[y - 60 : y + 60, x - 60 : x + 60]
        return int(((around.max(axis=2) - around.min(axis=2)) > 60).sum())

    assert red(rendered.pdf) == 0
    assert red(sealed.pdf) > 1000


def test_the_test_seal_says_that_it_is_one() -> None:
    with Image.open(io.BytesIO(draw_test_impression("虚构市交通运输局"))) as image:
        assert image.size == (SIDE_PX, SIDE_PX)
        picture = image.convert("RGBA")
    assert picture.getpixel((0, 0)) == (255, 255, 255, 0)
    assert picture.getpixel((SIDE_PX // 2, 10))[:3] == RED[:3]
    banner = picture.crop((160, 360, 320, 408)).getchannel("A")
    assert sum(value > 0 for value in banner.tobytes()) > 500


def test_a_document_sealed_by_another_root_is_not_trusted(sealed: SealedDocument) -> None:
    stranger = make_test_authority(NOW).certificate
    found = verify(sealed.pdf, Anchors(seals=(stranger,)), now=NOW)
    assert (found.holds, found.seals[0].intact, found.seals[0].trusted) == (False, True, False)


def test_a_seal_that_has_expired_since_is_said_to_have(sealed: SealedDocument, seal: Seal) -> None:
    late = verify(sealed.pdf, Anchors(seals=seal.roots), now=NOW + timedelta(days=3 * 365))
    assert (late.holds, late.seals[0].intact) == (False, True)
    assert late.seals[0].trust_problem.startswith("the certificate does not hold now")


def known(sealed: SealedDocument, pressed_at: datetime) -> OnRecord:
    return OnRecord(sealed_at=pressed_at, certificate_sha256=sealed.certificate_sha256)


def test_what_is_on_record_shows_that_the_certificate_held(sealed: SealedDocument, seal: Seal) -> None:
    pressed_at = verify(sealed.pdf, Anchors(seals=seal.roots), now=NOW).seals[0].sealed_at
    assert pressed_at is not None
    late, on_record = NOW + timedelta(days=3 * 365), known(sealed, pressed_at)
    (one,) = verify(sealed.pdf, Anchors(seals=seal.roots), now=late, on_record=on_record).seals
    assert (one.holds, one.expired_at) == (True, seal.certificate.not_valid_after_utc)
    for other in (
        replace(on_record, certificate_sha256="0" * 64),
        # The seal itself says another time, or the certificate didn't hold at that one.
        replace(on_record, sealed_at=pressed_at - timedelta(days=1)),
        replace(on_record, sealed_at=late),
    ):
        (one,) = verify(sealed.pdf, Anchors(seals=seal.roots), now=late, on_record=other).seals
        assert (one.holds, one.intact) == (False, True)
    stranger = make_test_authority(NOW).certificate
    assert not verify(sealed.pdf, Anchors(seals=(stranger,)), now=late, on_record=on_record).holds
    assert not verify(sealed.pdf + b"%", Anchors(seals=seal.roots), now=late, on_record=on_record).holds


@pytest.mark.parametrize("days", [-1, 0, 1])
def test_a_certificate_revoked_before_the_sealing_counts_for_nothing(
    renderer: Renderer, tmp_path: Path, days: int
) -> None:
    authority = make_test_authority(NOW)
    make_test_seal(tmp_path / "seal", "虚构某机关", authority, NOW)
    seal = load_seal(tmp_path / "seal")
    sealed = Sealer(seal, clock=lambda: NOW).seal(renderer.render(papers.paper(DocumentKind.EVIDENCE_SHEET)))
    pressed_at = verify(sealed.pdf, Anchors(seals=seal.roots), now=NOW).seals[0].sealed_at
    assert pressed_at is not None
    since = pressed_at + timedelta(days=days)
    listed = revoked_list(authority, seal.certificate.serial_number, since)
    anchors = Anchors(seals=seal.roots, revoked=(listed,))
    on_record, later = known(sealed, pressed_at), pressed_at + timedelta(days=2)
    (one,) = verify(sealed.pdf, anchors, now=later, on_record=on_record).seals
    assert (one.holds, one.revoked_at) == (days > 0, since)
    (one,) = verify(sealed.pdf, anchors, now=later).seals
    assert (one.holds, one.trust_problem) == (False, f"the certificate was revoked {since:%F}")


@pytest.mark.parametrize("days", [-1, 3 * 365])
def test_an_expired_certificate_seals_nothing(seal: Seal, rendered: RenderedDocument, days: int) -> None:
    late = Sealer(seal, clock=lambda: NOW + timedelta(days=days))
    with pytest.raises(SealError, match=r"is valid 2026-06-25 to 2028-06-24, not on 20\d\d-06-24"):
        late.seal(rendered)


@pytest.mark.parametrize("days", [0, 1])
def test_a_revoked_certificate_seals_nothing_from_that_day_on(
    tmp_path: Path, rendered: RenderedDocument, days: int
) -> None:
    folder, authority = tmp_path / "seal", make_test_authority(NOW)
    make_test_seal(folder, "虚构某机关", authority, NOW)
    since = NOW + timedelta(days=days)
    listed = revoked_list(authority, load_seal(folder).certificate.serial_number, since)
    (folder / "issuer.crl").write_bytes(listed.public_bytes(Encoding.DER))
    sealer = Sealer(load_seal(folder), clock=lambda: NOW)
    if days:
        sealer.refuse_unless_ready()
        assert sealer.seal(rendered).pdf
        return
    for use in (sealer.refuse_unless_ready, lambda: sealer.seal(rendered)):
        with pytest.raises(SealError, match=f"of 虚构某机关 测试 TEST is revoked since {since:%F}"):
            use()


def test_a_key_changed_since_it_was_proved_seals_nothing(
    seal: Seal, rendered: RenderedDocument, tmp_path: Path
) -> None:
    make_test_seal(tmp_path / "other", "虚构另一机关", make_test_authority(NOW), NOW)
    with load_seal(tmp_path / "other").key.signer() as other, seal.key.signer() as own:
        changed = SimpleSigner(own.signing_cert, other.signing_key, own.cert_registry)
    key = SimpleNamespace(certificate=seal.certificate, signer=lambda: nullcontext(changed))
    sealer = Sealer(replace(seal, key=cast("SealKey", key)), clock=lambda: NOW)
    with pytest.raises(SealError, match="the seal doesn't hold: the key is another"):
        sealer.seal(rendered)


def test_a_seal_that_leads_to_none_of_its_roots_seals_nothing(seal: Seal, rendered: RenderedDocument) -> None:
    strange = replace(seal, roots=(make_test_authority(NOW).certificate,))
    with pytest.raises(SealError, match="the seal doesn't hold: certificate chain"):
        Sealer(strange, clock=lambda: NOW).seal(rendered)


def test_a_key_that_does_not_fit_its_certificate_is_refused(copy: Path, tmp_path: Path) -> None:
    make_test_seal(tmp_path / "other", "虚构另一机关", make_test_authority(NOW), NOW)
    key, _, _ = unpacked(copy)
    _, stranger, _ = unpacked(tmp_path / "other")
    assert stranger is not None
    closed = BestAvailableEncryption((copy / PASSPHRASE_FILE).read_bytes())
    (copy / KEY_FILE).write_bytes(
        pkcs12.serialize_key_and_certificates(b"x", key, None, [stranger], closed)  # type: ignore[arg-type]
    )
    with pytest.raises(SealError, match="expected a key and the certificate that fits it"):
        load_seal(copy)


def unpacked(folder: Path) -> tuple[object, x509.Certificate | None, list[x509.Certificate]]:
    passphrase = (folder / PASSPHRASE_FILE).read_bytes()
    return pkcs12.load_key_and_certificates((folder / KEY_FILE).read_bytes(), passphrase)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (PASSPHRASE_FILE, b"wrong", "wrong passphrase or no PKCS#12 file"),
        (KEY_FILE, b"no key", "wrong passphrase or no PKCS#12 file"),
        (IMAGE_FILE, b"no image", "no image that can be opened"),
        (IMAGE_FILE, b"x" * 4_000_001, "are too many for a seal image"),
        (ROOTS_FILE, b"no certificate", "no seal in"),
    ],
)
def test_a_part_of_the_seal_that_is_none_is_refused(copy: Path, name: str, content: bytes, told: str) -> None:
    (copy / name).write_bytes(content)
    with pytest.raises(SealError, match=told):
        load_seal(copy)


@pytest.mark.parametrize("name", [PASSPHRASE_FILE, KEY_FILE, IMAGE_FILE, ROOTS_FILE])
def test_a_part_of_the_seal_that_is_missing_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(SealError, match=name):
        load_seal(copy)


def test_a_long_name_of_an_agency_leaves_room_for_the_word_test(tmp_path: Path) -> None:
    make_test_seal(tmp_path / "seal", "虚构市" * 20, make_test_authority(NOW), NOW)
    holder = load_seal(tmp_path / "seal").holder
    assert (holder[:6], holder.endswith(" 测试 TEST")) == ("虚构市虚构市", True)


def test_a_seal_is_never_overwritten_and_only_its_owner_reads_the_key(seal_folder: Path) -> None:
    with pytest.raises(FileExistsError):
        make_test_seal(seal_folder, "虚构", make_test_authority(NOW), NOW)
    assert {path.stat().st_mode & 0o777 for path in seal_folder.iterdir()} == {0o600}


def test_a_document_without_a_seal_cannot_be_called_sealed(rendered: RenderedDocument) -> None:
    with pytest.raises(SealError, match="no seal in the document"):
        SealedDocument(
            kind=rendered.kind,
            act=rendered.act,
            pdf=rendered.pdf,
            sealed_by="x",
            certificate_sha256="0" * 64,
            sealed_at=NOW,
            stamped_at=None,
        )


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"no pdf" * 1000, b"x" * 64_000_001], ids=len)
def test_a_file_without_a_seal_that_can_be_read_is_told(content: bytes, seal: Seal) -> None:
    with pytest.raises(NoSealError):
        verify(content, Anchors(seals=seal.roots), now=NOW)


def test_a_rendered_document_carries_no_seal(rendered: RenderedDocument, seal: Seal) -> None:
    with pytest.raises(NoSealError, match="the document carries no seal"):
        verify(rendered.pdf, Anchors(seals=seal.roots), now=NOW)
