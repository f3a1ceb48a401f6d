"""Changed files: our check and poppler's say the same of each."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import papers
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from notices.documents.kinds import DocumentKind
from notices.documents.render import Renderer
from notices.seal.key import Seal
from notices.seal.sealer import Sealer
from notices.seal.verify import Anchors, NoSealError, verify

NOW = papers.SEALED_AT
REGIONS = ("text", "picture", "seal", "signature", "byte range", "appended", "updated", "cut")


@pytest.fixture(scope="module")
def good(renderer: Renderer, sealer: Sealer) -> bytes:
    return sealer.seal(renderer.render(papers.paper(DocumentKind.EVIDENCE_SHEET))).pdf


def flipped(pdf: bytes, at: int) -> bytes:
    return pdf[:at] + bytes([pdf[at] ^ 0x01]) + pdf[at + 1 :]


def streams(pdf: bytes, marks: tuple[bytes, ...]) -> list[int]:
    """Return the middles of the streams whose dictionaries hold all marks."""
    found = []
    for match in re.finditer(rb"\d+ 0 obj\s*(<<.*?>>)\s*stream\r?\n", pdf, flags=re.DOTALL):
        if all(mark in match[1] for mark in marks):
            end = pdf.index(b"endstream", match.end())
            found.append((match.end() + end) // 2)
    return found


def tampered(pdf: bytes, region: str) -> bytes:
    """Return the file with one byte of a region turned."""
    ours = pdf.index(b"/ByteRange")
    match region:
        case "text":
            return flipped(pdf, next(at for at in streams(pdf, (b"/FlateDecode",)) if at < ours))
        case "picture":
            return flipped(pdf, streams(pdf, (b"/DCTDecode",))[0])
        case "seal":
            return flipped(pdf, streams(pdf, (b"/Image", b"/SMask"))[-1])
        case "signature":
            at = pdf.index(b"/Contents <", ours) if b"/Contents <" in pdf[ours:] else pdf.rindex(b"/Contents")
            return flipped(pdf, pdf.index(b"<", at) + 1200)
        case "byte range":
            numbers = re.search(rb"/ByteRange ?\[ ?(\d+) (\d+)", pdf)
            assert numbers is not None
            return flipped(pdf, numbers.start(2))
        case "appended":
            return pdf + b"\n% changed\n"
        case "updated":
            writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
            writer.root["/Changed"] = generic.NumberObject(1)
            writer.update_root()
            target = io.BytesIO()
            writer.write(target)
            return target.getvalue()
        case _:
            return pdf[:-2000]


def holds(pdf: bytes, seal: Seal) -> bool:
    try:
        return verify(pdf, Anchors(seals=seal.roots), now=NOW).holds
    except NoSealError:
        return False


def poppler_holds(output: str) -> bool:
    return "Signature is Valid." in output and "Total document signed" in output


def test_poppler_finds_the_good_file_good(
    good: bytes, seal: Seal, tmp_path: Path, pdfsig: Callable[[Path], str]
) -> None:
    path = tmp_path / "good.pdf"
    path.write_bytes(good)
    told = pdfsig(path)
    assert poppler_holds(told)
    assert "ETSI.CAdES.detached" in told
    assert "虚构市平湖交通运输局（测试） 测试 TEST" in told
    assert holds(good, seal)


@pytest.mark.parametrize("region", REGIONS)
def test_a_changed_file_does_not_hold(region: str, good: bytes, seal: Seal) -> None:
    changed = tampered(good, region)
    assert changed != good
    assert not holds(changed, seal)


@pytest.mark.parametrize("region", REGIONS)
def test_poppler_agrees_on_a_changed_file(
    region: str, good: bytes, tmp_path: Path, pdfsig: Callable[[Path], str]
) -> None:
    path = tmp_path / "changed.pdf"
    path.write_bytes(tampered(good, region))
    assert not poppler_holds(pdfsig(path))


def test_no_single_byte_can_be_changed_unseen(good: bytes, seal: Seal) -> None:
    """Bytes all over the file, and each of the last kilobyte; padding of the signature alone is empty."""
    start, end = gap(good)
    places = [*range(0, len(good), 4001), *range(len(good) - 200, len(good), 7)]
    unseen = [at for at in places if not start <= at < end and holds(flipped(good, at), seal)]
    assert unseen == []


def gap(pdf: bytes) -> tuple[int, int]:
    """Return where the signature itself stands, which it can't cover."""
    numbers = re.search(rb"/ByteRange ?\[ ?(\d+) (\d+) (\d+) (\d+)", pdf)
    assert numbers is not None
    first, length, second, _ = map(int, numbers.groups())
    return first + length, second
