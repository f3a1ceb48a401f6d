"""The verification page: who sealed what, when, intact or not, without a word of any party."""

import io
import zlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import papers
import pytest
from browsers import Browser
from cryptography.hazmat.primitives.serialization import Encoding
from revoked_lists import revoked_list
from served import Counter
from sqlalchemy import insert, update

from models.document_tables import Document
from models.renewed import Renewed
from models.values.timeline import to_ms
from notices.documents.kinds import DocumentKind
from notices.documents.render import Renderer
from notices.seal.authority import Authority, make_test_authority, make_test_seal
from notices.seal.error import SealError
from notices.seal.key import Seal, load_seal
from notices.seal.revoked import Unread, key_of, load_revoked
from notices.seal.sealer import SealedDocument, Sealer
from notices.seal.verify import Anchors, verify
from review.public.counter import PublicCounter
from review.public.limits import Failures

AGENCY = "虚构市平湖交通运输局"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return make_test_authority(papers.SEALED_AT)


@pytest.fixture(scope="module")
def seal(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Seal:
    folder = tmp_path_factory.mktemp("seal") / "浙江"
    make_test_seal(folder, papers.AGENCIES["浙江"].name, authority, papers.SEALED_AT)
    return load_seal(folder)


@pytest.fixture(scope="module")
def sealed(seal: Seal) -> SealedDocument:
    renderer = Renderer("https://verify.example.invalid/d", papers.FRAMES.__getitem__)
    return Sealer(seal, clock=lambda: papers.SEALED_AT).seal(
        renderer.render(papers.paper(DocumentKind.DECISION))
    )


@pytest.fixture
def counter(public: PublicCounter, seal: Seal, sealed: SealedDocument, server: Counter) -> PublicCounter:
    """Return a counter that has the sealed decision on record."""
    case_id = server.case("case-1", DocumentKind.DECISION)
    stored = public.documents.put(io.BytesIO(sealed.pdf))
    row = {
        "agency": "虚",
        "kind": "decision",
        "year": 2026,
        "sequence": 12,
        "number": sealed.act.number,
        "case_id": case_id,
        "copy": 1,
        "code": sealed.act.code,
        "issued_on": "2026-06-25",
        "state": "sealed",
        "sha256": stored.sha256,
        "sealed_by": sealed.sealed_by,
        "certificate": sealed.certificate_sha256,
        "sealed_at": 0,
    }
    with server.database.write("test") as connection:
        connection.execute(insert(Document).values(row))
    return replace(public, anchors=Renewed([], lambda: Anchors(seals=seal.roots)))


def upload(counter: PublicCounter, content: bytes, **more: object) -> tuple[int, str]:
    files = {"file": ("a.pdf", content, "application/pdf")}
    answer = Browser(counter).request("POST", "/verify", files=files, **more)
    return answer.status_code, answer.text


def without_a_party(page: str) -> bool:
    told = ("虚构物流", "张虚构", "91330000", "13800000000", "浙Z12345", "case-1")
    return not any(word in page for word in told)


def test_the_code_on_the_paper_tells_who_sealed_what_and_when(
    counter: PublicCounter, sealed: SealedDocument
) -> None:
    answer = Browser(counter).get(f"/d/{sealed.act.code}")
    assert answer.status_code == 200
    for words in ("签章有效", AGENCY, sealed.act.number, "行政处罚决定书", "未被改动"):
        assert words in answer.text, words
    assert without_a_party(answer.text)


def test_an_uploaded_file_is_verified_and_held_against_the_register(
    counter: PublicCounter, sealed: SealedDocument
) -> None:
    status, page = upload(counter, sealed.pdf)
    assert status == 200
    assert "签章有效" in page
    assert "与登记在册的文书完全一致" in page
    assert without_a_party(page)
    status, page = upload(counter, sealed.pdf + b"\n% more")
    assert status == 200
    assert "签章无效" in page
    assert "登记册中没有" in page
    status, page = upload(counter, b"%PDF-1.7 nothing")
    assert (status, "不是带有电子签章的PDF" in page) == (200, True)


def test_a_list_of_revoked_certificates_counts_from_the_next_file_on(
    counter: PublicCounter, authority: Authority, seal: Seal, sealed: SealedDocument, tmp_path: Path
) -> None:
    def read() -> Anchors:
        try:
            return Anchors(seals=seal.roots, revoked=load_revoked(tmp_path / "seals" / "浙江", seal.roots))
        except SealError as error:
            half = Unread(problem=str(error), issuers=frozenset(map(key_of, seal.roots)))
            return Anchors(seals=seal.roots, unread=(half,))

    def entitled(page: str) -> str:
        return next(word for word in ("签章有效", "签章无效", "暂时无法核验签章") if word in page)

    path = tmp_path / "seals" / "浙江" / "issuer.crl"
    path.parent.mkdir(parents=True)
    public = replace(counter, anchors=Renewed([tmp_path / "seals"], read))
    assert entitled(upload(public, sealed.pdf)[1]) == "签章有效"
    listed = revoked_list(authority, seal.certificate.serial_number, papers.SEALED_AT - timedelta(days=1))
    path.write_bytes(listed.public_bytes(Encoding.PEM))
    assert entitled(upload(public, sealed.pdf)[1]) == "签章无效"
    path.write_bytes(b"none")
    page = upload(public, sealed.pdf)[1]
    assert (entitled(page), "不可信" in page) == ("暂时无法核验签章", False)
    assert entitled(upload(public, sealed.pdf + b"%")[1]) == "签章无效"
    path.unlink()
    assert entitled(upload(public, sealed.pdf)[1]) == "签章有效"
    # Whose roots can't be read is nobody's to call false, either.
    rootless = Anchors(seals=(), unread=(Unread(problem="roots.pem"),))
    page = upload(replace(counter, anchors=Renewed([], lambda: rootless)), sealed.pdf)[1]
    assert (entitled(page), "不可信" in page) == ("暂时无法核验签章", False)


def test_another_agencys_seal_is_not_trusted(counter: PublicCounter, sealed: SealedDocument) -> None:
    strangers = replace(counter, anchors=Renewed([], lambda: Anchors(seals=())))
    _, page = upload(strangers, sealed.pdf)
    assert "签章无效" in page
    assert "不可信" in page


def test_a_certificate_that_expired_since_counts_for_the_file_on_record_alone(
    counter: PublicCounter, sealed: SealedDocument, server: Counter
) -> None:
    (one,) = verify(sealed.pdf, counter.anchors.latest()[0], now=papers.SEALED_AT).seals
    assert one.sealed_at is not None
    with server.database.write("test") as connection:
        connection.execute(update(Document).values(sealed_at=to_ms(one.sealed_at)))
    late = replace(counter, clock_ms=lambda: to_ms(papers.SEALED_AT + timedelta(days=3 * 365)))
    for page in (upload(late, sealed.pdf)[1], Browser(late).get(f"/d/{sealed.act.code}").text):
        assert "签章有效" in page
        assert "签章时有效，其后于2028-06-24到期" in page
    with server.database.write("test") as connection:
        connection.execute(update(Document).values(sha256="0" * 64))
    page = upload(late, sealed.pdf)[1]
    assert "签章无效" in page
    assert "不可信，于2028-06-24到期" in page


def test_a_void_document_and_a_changed_file_on_record_say_so(
    counter: PublicCounter, sealed: SealedDocument, server: Counter
) -> None:
    browser = Browser(counter)
    with server.database.write("test") as connection:
        connection.execute(update(Document).values(state="void", reason="撤销"))
    assert "已作废" in browser.get(f"/d/{sealed.act.code}").text
    assert "已作废" in upload(counter, sealed.pdf)[1]
    path = next(
        path
        for path in counter.documents.root.rglob("*")
        if path.is_file() and path.read_bytes() == sealed.pdf
    )
    path.write_bytes(sealed.pdf.replace(b"/Reason", b"/Reasom"))
    assert "签章有效" not in browser.get(f"/d/{sealed.act.code}").text


def test_unknown_codes_are_all_alike_and_counted(counter: PublicCounter) -> None:
    answers = [Browser(counter).get(f"/d/{code}") for code in ("0" * 16, "F" * 16, "...", "x" * 300)]
    assert {(one.status_code, one.text) for one in answers[:2]} == {(404, answers[0].text)}
    assert all(one.status_code == 404 for one in answers)
    for n in range(20):
        last = Browser(counter).get(f"/d/{n:016}")
    assert last.status_code == 429


@pytest.mark.parametrize("body", [b"", b"--x\r\n", b"file=abc"])
def test_forms_that_are_none_are_refused(counter: PublicCounter, body: bytes) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = Browser(counter).request("POST", "/verify", content=body, headers=headers)
    assert answer.status_code in {400, 422}


def test_a_file_too_large_is_refused_unread_and_uploads_are_counted(counter: PublicCounter) -> None:
    headers = {"content-length": str(20_000_001), "content-type": "multipart/form-data; boundary=x"}
    answer = Browser(counter).request("POST", "/verify", content=b"x", headers=headers)
    assert answer.status_code == 413
    counter.limits.checks.most = 2
    assert [upload(counter, b"x")[0] for _ in range(2)] == [200, 429]
    assert isinstance(counter.limits.checks, Failures)


def test_a_code_on_record_cannot_be_checked_without_end(
    counter: PublicCounter, sealed: SealedDocument
) -> None:
    counter.limits.checks.most = 2
    asked = [Browser(counter).get(f"/d/{sealed.act.code}").status_code for _ in range(3)]
    assert asked == [200, 200, 429]


def unfolding() -> bytes:
    """Return a PDF of 33 KB whose table of contents takes a reader a minute and a gigabyte."""
    table = zlib.compress(bytes(32 << 20), 9)
    head = b"%PDF-1.7\n"
    fields = f"/Type/XRef/Size {(32 << 20) // 7}/W[1 4 2]/Root 2 0 R/Filter/FlateDecode/Length {len(table)}"
    body = b"1 0 obj\n<<" + fields.encode() + b">>\nstream\n" + table + b"\nendstream\nendobj\n"
    return head + body + f"startxref\n{len(head)}\n%%EOF\n".encode()


def test_a_small_file_that_unfolds_costs_seconds_and_its_own_answer(counter: PublicCounter) -> None:
    bounded = replace(counter, apart=replace(counter.apart, seconds=1))
    status, page = upload(bounded, unfolding())
    assert (status, "没有核验" in page) == (200, True)


def test_a_file_without_end_is_refused_unread_whatever_length_it_says(counter: PublicCounter) -> None:
    headers = {"content-length": "5", "transfer-encoding": "chunked"}
    headers |= {"content-type": "multipart/form-data; boundary=x"}
    answer = Browser(counter).request("POST", "/verify", content=b"x", headers=headers)
    assert answer.status_code == 413


def test_pages_open_without_script_and_look_nowhere_else(counter: PublicCounter) -> None:
    for path in ("/", "/verify", "/nothing"):
        answer = Browser(counter).get(path)
        assert answer.headers["content-security-policy"].startswith("default-src 'self'")
        assert "<script" not in answer.text
        assert "http://" not in answer.text
