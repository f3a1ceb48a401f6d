"""A stolen key and a genuine time-stamp: no stamp speaks for a seal that it doesn't cover."""

import io
from datetime import UTC, datetime, timedelta

import papers
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from revoked_lists import revoked_list
from time_stamps import stamper

from notices.documents.kinds import DocumentKind
from notices.documents.render import Renderer
from notices.seal.authority import Authority, make_test_authority, make_test_seal
from notices.seal.key import Seal, load_seal
from notices.seal.sealer import Sealer
from notices.seal.verify import Anchors, OnRecord, SealFound, verify

NOW = datetime.now(UTC)
REVOKED = NOW + timedelta(days=1)
LATER = NOW + timedelta(days=5)
HONEST, ROOT = stamper()


@pytest.fixture(scope="module")
def authority() -> Authority:
    return make_test_authority(NOW)


@pytest.fixture(scope="module")
def seal(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Seal:
    folder = tmp_path_factory.mktemp("stolen") / "seal"
    make_test_seal(folder, papers.AGENCIES["浙江"].name, authority, NOW)
    return load_seal(folder)


@pytest.fixture(scope="module")
def page(renderer: Renderer) -> bytes:
    return renderer.render(papers.paper(DocumentKind.EVIDENCE_SHEET)).pdf


@pytest.fixture(scope="module")
def genuine(renderer: Renderer, seal: Seal) -> bytes:
    return Sealer(seal).seal(renderer.render(papers.paper(DocumentKind.EVIDENCE_SHEET))).pdf


@pytest.fixture(scope="module")
def anchors(seal: Seal, authority: Authority) -> Anchors:
    """Return what is trusted, and that the seal's certificate was revoked."""
    listed = revoked_list(authority, seal.certificate.serial_number, REVOKED)
    return Anchors(seals=seal.roots, stamps=(ROOT,), revoked=(listed,))


def stamped(pdf: bytes, by: DummyTimeStamper = HONEST) -> bytes:
    made = signers.PdfTimeStamper(by).timestamp_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), "sha256")
    return bytes(made.getvalue())


def at(moment: datetime) -> DummyTimeStamper:
    """Return the same authority at another time."""
    made, _ = stamper(moment)
    made.tsa_cert, made.tsa_key = HONEST.tsa_cert, HONEST.tsa_key
    return made


def signed(writer: IncrementalPdfFileWriter, seal: Seal, *, certify: bool = False) -> bytes:
    """Sign with the stolen key, as it pleases whoever holds it."""
    metadata = signers.PdfSignatureMetadata(
        field_name="Other",
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=certify,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    with seal.key.signer() as signer:
        return bytes(signers.PdfSigner(metadata, signer).sign_pdf(writer).getvalue())


def without(pdf: bytes, dropped: tuple[str, ...]) -> IncrementalPdfFileWriter:
    """Return an update of the file that drops signatures from its form and shows another page."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    form = writer.root["/AcroForm"]
    fields = [one for one in form["/Fields"] if one.get_object()["/T"] not in dropped]
    form["/Fields"] = generic.ArrayObject(fields)
    writer.update_container(form)
    del writer.root["/Perms"]
    writer.update_root()
    shown = writer.root["/Pages"]["/Kids"][0]
    shown.pop("/Annots", None)
    shown["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"BT ET"))
    writer.update_container(shown)
    return writer


def last(pdf: bytes, anchors: Anchors, on_record: OnRecord | None = None) -> SealFound:
    return verify(pdf, anchors, now=LATER, on_record=on_record).seals[-1]


def test_a_stamp_over_the_seal_shows_that_it_was_pressed_before_the_revocation(
    genuine: bytes, anchors: Anchors
) -> None:
    assert last(stamped(genuine), anchors).holds


def test_a_stamp_made_before_the_seal_says_nothing_of_it(
    genuine: bytes, page: bytes, seal: Seal, anchors: Anchors
) -> None:
    of_another = signed(without(stamped(genuine), ("Seal",)), seal)
    of_a_bare_page = signed(IncrementalPdfFileWriter(io.BytesIO(stamped(page))), seal)
    for forged in (of_another, of_a_bare_page):
        one = last(forged, anchors)
        assert (one.holds, one.trusted, one.stamped_at) == (False, False, None)
        assert one.trust_problem == f"the certificate was revoked {REVOKED:%F}"


def test_a_seal_that_allows_changes_or_replaced_another_is_not_intact(
    genuine: bytes, page: bytes, seal: Seal
) -> None:
    trusted = Anchors(seals=seal.roots, stamps=(ROOT,))

    def on_a_page(*, certify: bool) -> SealFound:
        return last(signed(IncrementalPdfFileWriter(io.BytesIO(page)), seal, certify=certify), trusted)

    assert on_a_page(certify=True).holds
    assert (on_a_page(certify=False).intact, on_a_page(certify=False).trusted) == (False, True)
    replaced = last(signed(without(genuine, ("Seal",)), seal, certify=True), trusted)
    assert (replaced.intact, replaced.trusted) == (False, True)


def test_a_stamp_earlier_than_the_seal_itself_is_false(genuine: bytes, anchors: Anchors) -> None:
    one = last(stamped(genuine, at(NOW - timedelta(days=100))), anchors)
    assert (one.holds, one.stamp_holds) == (False, False)
    assert one.stamp_problem.endswith("before the seal was pressed")
