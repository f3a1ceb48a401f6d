import hashlib
import io
import json
from pathlib import Path

import papers
import pypdfium2
import pytest
import typst
from PIL import Image

from notices.documents import render
from notices.documents.kinds import DocumentKind
from notices.documents.parts import Photograph
from notices.documents.pictures import code_picture, printable
from notices.documents.render import Faces, Renderer, RenderError

URL = "https://verify.example.invalid/d"
SHEET = DocumentKind.EVIDENCE_SHEET


def with_photograph(content: bytes) -> tuple[Renderer, Photograph]:
    sha256 = hashlib.sha256(content).hexdigest()
    return Renderer(URL, {sha256: content}.__getitem__), Photograph(sha256=sha256, shows="车头")


def jpeg(size: tuple[int, int] = (64, 48), **options: object) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, (90, 90, 90)).save(target, "JPEG", **options)
    return target.getvalue()


def test_the_pages_are_pdf_a(renderer: Renderer) -> None:
    pdf = renderer.render(papers.paper(DocumentKind.SUMMONS)).pdf
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf
    assert b"<pdfaid:conformance>U</pdfaid:conformance>" in pdf


def test_the_seal_s_place_is_on_the_last_page_beneath_the_text(renderer: Renderer) -> None:
    for kind in DocumentKind:
        made = renderer.render(papers.paper(kind))
        document = pypdfium2.PdfDocument(made.pdf)
        assert made.seal_at.page == len(document)
        assert 100 < made.seal_at.x_mm < 170
        assert 30 < made.seal_at.y_mm < 270
        document.close()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("张😀虚构", "party.name: 😀 (U+1F600) is not in"),
        ("张\U0003134a虚构", "party.name: \U0003134a (U+3134A) is not in"),
    ],
)
def test_a_letter_that_no_face_has_is_named_with_field_and_face(
    renderer: Renderer, name: str, told: str
) -> None:
    party = papers.COMPANY.model_copy(update={"name": name})
    with pytest.raises(RenderError, match="批评教育告知书: ") as caught:
        renderer.render(papers.paper(DocumentKind.EDUCATION, party=party))
    assert told in str(caught.value)
    assert "Noto Serif SC" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"no picture", "no image that can be opened"),
        (b"", "no image that can be opened"),
        (jpeg()[:-400], "no image that can be opened"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "no image that can be opened"),
    ],
    ids=["text", "empty", "torn", "svg"],
)
def test_a_photograph_that_is_none_is_refused(content: bytes, told: str) -> None:
    renderer, photograph = with_photograph(content)
    with pytest.raises(RenderError, match="photograph 1: 车头") as caught:
        renderer.render(papers.paper(SHEET, photographs=(photograph,)))
    assert told in str(caught.value)


def test_a_photograph_whose_bytes_were_changed_is_refused() -> None:
    photograph = Photograph(sha256="0" * 64, shows="车头")
    changed = Renderer(URL, lambda _: jpeg())
    with pytest.raises(RenderError, match="the stored bytes are not those of the digest"):
        changed.render(papers.paper(SHEET, photographs=(photograph,)))


def test_a_photograph_that_is_gone_is_refused() -> None:
    def gone(sha256: str) -> bytes:
        return Path(f"/nowhere/{sha256}").read_bytes()

    with pytest.raises(RenderError, match=r"photograph 1: .*No such file"):
        Renderer(URL, gone).render(papers.paper(SHEET))


def test_a_photograph_of_too_many_pixels_is_refused() -> None:
    renderer, photograph = with_photograph(jpeg((9000, 7000)))
    with pytest.raises(RenderError, match="9000x7000 pixels are too many"):
        renderer.render(papers.paper(SHEET, photographs=(photograph,)))


def test_a_printed_photograph_is_upright_small_and_without_metadata() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "secret place"
    content = jpeg((3200, 800), exif=exif)
    photograph = Photograph(sha256=hashlib.sha256(content).hexdigest(), shows="车头")
    made = printable(photograph, content)
    with Image.open(io.BytesIO(made)) as image:
        assert image.size == (400, 1600)
        assert not image.getexif()
    assert b"secret" not in made


def test_the_code_leads_to_the_verification_page() -> None:
    cv2 = pytest.importorskip("cv2")
    pdf = Renderer(URL, papers.FRAMES.__getitem__).render(papers.paper(DocumentKind.SUMMONS)).pdf
    document = pypdfium2.PdfDocument(pdf)
    page = document[len(document) - 1].render(scale=3).to_numpy()
    document.close()
    assert cv2.QRCodeDetector().detectAndDecode(page)[0] == f"{URL}/{papers.CODE}"
    assert code_picture(URL).startswith(b"<svg")


def test_a_face_that_is_missing_is_named() -> None:
    with pytest.raises(RenderError, match="no face 仿宋_GB2312 in the font folders"):
        Renderer(URL, papers.FRAMES.__getitem__, Faces(body=("仿宋_GB2312",)))


def test_any_warning_of_the_typesetter_is_refused(
    renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces = json.dumps({"heading": ["No Such Face"], "body": ["Noto Serif SC"]})
    monkeypatch.setattr(renderer, "_faces", faces)
    with pytest.raises(RenderError, match="the typesetter warns: unknown font family: no such face"):
        renderer.render(papers.paper(DocumentKind.RECOGNITION))


def test_only_the_faces_named_are_in_the_file(renderer: Renderer) -> None:
    for kind in (SHEET, DocumentKind.DECISION):
        pdf = renderer.render(papers.paper(kind)).pdf
        assert b"NotoSerifSC" in pdf
        assert b"NotoSansSC" in pdf
        assert b"Libertinus" not in pdf
    with pytest.raises(typst.TypstError):
        typst.Compiler(b'#image("/etc/hostname")', root=str(render.TEMPLATES)).compile(format="pdf")
