"""Every document of invented cases in both provinces, to the byte, and as text that a person can read.

After a change that is meant: `python tests/notices/write_golden.py`, then read the differences.
"""

import hashlib
from pathlib import Path

import papers
import pypdfium2
import pytest

from models.values.service import Mitigation
from notices.documents.kinds import DocumentKind
from notices.documents.paper import Paper
from notices.documents.render import Renderer

GOLDEN = Path(__file__).parent / "golden"
DIGESTS = GOLDEN / "digests.tsv"
OF_ZHEJIANG = {DocumentKind.SUMMONS, DocumentKind.EDUCATION}


def samples() -> dict[str, Paper]:
    """Return the documents by name: each kind in both provinces, and what strains the layout."""
    two, bare, mild = (
        papers.weighing(2, 60),
        papers.weighing(6, 63, spacings=False),
        papers.weighing(6, 1, province="上海"),
    )
    made = {
        f"{kind}-{name}": papers.paper(kind, province)
        for kind in DocumentKind
        for province, name in (("浙江", "zhejiang"), ("上海", "shanghai"))
        if province == "浙江" or kind not in OF_ZHEJIANG
    }
    sheet, notice = DocumentKind.EVIDENCE_SHEET, DocumentKind.VIOLATION_NOTICE
    made["evidence_sheet-two-axles-no-photograph"] = papers.paper(
        sheet, weighing=two, calculation=papers.calculation(two), photographs=(), party=None, doubts=()
    )
    made["evidence_sheet-no-spacings-one-photograph"] = papers.paper(
        sheet, weighing=bare, photographs=papers.photographs(1), party=papers.LONG_COMPANY
    )
    made["violation_notice-warning-with-hearing"] = papers.paper(notice, "上海", weighing=mild, hearing=True)
    for kind in (DocumentKind.SUMMONS, DocumentKind.DECISION, DocumentKind.SERVICE_REQUEST):
        made[f"{kind}-long"] = papers.paper(kind, party=papers.LONG_COMPANY)
    made["decision-lowered"] = papers.paper(
        DocumentKind.DECISION,
        amount_fen=50_000,
        discretion="当事人有减轻情节，无从重情节。",
        statement="当事人于2026年7月3日提出陈述申辩（回执号20260703-00000000），部分采纳：协助查明装载场所。",
        lowered={
            "from_fen": 761_200,
            "ground": Mitigation.HELPED.label,
            "article": Mitigation.HELPED.article,
        },
    )
    made["service_receipt-long"] = papers.paper(
        DocumentKind.SERVICE_RECEIPT, party=papers.LONG_COMPANY, place=papers.LONG_COMPANY.address
    )
    return made


SAMPLES = samples()


def text_of(pdf: bytes) -> str:
    """Return what a reader of the pages can copy from them."""
    document = pypdfium2.PdfDocument(pdf)
    pages = [page.get_textpage().get_text_bounded().replace("\r\n", "\n") for page in document]
    document.close()
    return "\n----\n".join(pages) + "\n"


def digests() -> dict[str, str]:
    lines = DIGESTS.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_document_is_as_it_was_read_and_found_right(name: str, renderer: Renderer) -> None:
    pdf = renderer.render(SAMPLES[name]).pdf
    assert text_of(pdf) == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    assert hashlib.sha256(pdf).hexdigest() == digests()[name]


def test_no_golden_file_is_left_over() -> None:
    assert set(digests()) == set(SAMPLES) == {path.stem for path in GOLDEN.glob("*.txt")}
