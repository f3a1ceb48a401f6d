import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from agencies import JINSHAN, PINGHU, START_MS, Pair, claim_of

from notices.exchange.app import MESSAGE_BYTES
from notices.exchange.bundle import FILE_BYTES, MOST_MESSAGES, pack, read_bundle, unpack, write_bundle
from notices.exchange.refusals import RefusedError
from notices.recognition.docket import Standing


def carry(pair: Pair, sender: str, folder: Path) -> int:
    """Carry what one agency has to say to the other, and the receipts back."""
    there, back = folder / "there.zip", folder / "back.zip"
    count = pack(pair[sender].exchange, pair[sender].partner, there)
    taken = unpack(pair[pair[sender].partner].exchange, there)
    assert taken.refused == ()
    write_bundle(back, taken.receipts)
    assert unpack(pair[sender].exchange, back).refused == ()
    return count


def test_by_file_as_by_network(pair: Pair, tmp_path: Path) -> None:
    pair[PINGHU].file(claim_of(PINGHU, 1))
    pair[JINSHAN].file(claim_of(JINSHAN, 1, filed_ms=START_MS + 1))
    while carry(pair, PINGHU, tmp_path) + carry(pair, JINSHAN, tmp_path):
        pass
    assert pair[PINGHU].standing("平湖-1") is Standing.HELD
    assert pair[JINSHAN].standing("金山-1") is Standing.BLOCKED
    pair.same_messages()


def test_a_bundle_carried_twice_and_a_receipt_that_never_comes(pair: Pair, tmp_path: Path) -> None:
    pair[PINGHU].file(claim_of(PINGHU, 1))
    pack(pair[PINGHU].exchange, JINSHAN, tmp_path / "a.zip")
    first = unpack(pair[JINSHAN].exchange, tmp_path / "a.zip")
    assert unpack(pair[JINSHAN].exchange, tmp_path / "a.zip") == first
    assert len(first.receipts) == 1
    assert pair[PINGHU].waiting() == 1
    pair.heal()
    pair.same_messages()


def zipped(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in members:
            bundle.writestr(name, content)
    return out.getvalue()


def lying_about_its_size() -> bytes:
    honest = zipped(("messages/000001.json", b" " * (MESSAGE_BYTES + 1)))
    size = (MESSAGE_BYTES + 1).to_bytes(4, "little")
    return honest.replace(size, (100).to_bytes(4, "little"))


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "no zip": (lambda: b"no zip", "bundle"),
    "empty file": (lambda: b"", "bundle"),
    "cut short": (lambda: zipped(("messages/000001.json", b"{}"))[:-10], "bundle"),
    "climbs out": (lambda: zipped(("../000001.json", b"{}")), "bundle"),
    "climbs out from within": (lambda: zipped(("messages/../../000001.json", b"{}")), "bundle"),
    "absolute": (lambda: zipped(("/etc/passwd", b"{}")), "bundle"),
    "backslashes": (lambda: zipped(("messages\\000001.json", b"{}")), "bundle"),
    "another file": (lambda: zipped(("messages/000001.json", b"{}"), ("run.sh", b"")), "bundle"),
    "one name twice": (lambda: zipped(*[("messages/000001.json", b"{}")] * 2), "bundle"),
    "bomb": (lambda: zipped(("messages/000001.json", b"\0" * 50_000_000)), "too_large"),
    "lies about its size": (lying_about_its_size, "bundle"),
    "too many": (
        lambda: zipped(*[(f"messages/{number:06}.json", b"") for number in range(1, MOST_MESSAGES + 2)]),
        "too_large",
    ),
    "too large a file": (lambda: b"\0" * (FILE_BYTES + 1), "too_large"),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", BAD)
def test_what_is_no_bundle_is_refused_whole(tmp_path: Path, name: str) -> None:
    make, reason = BAD[name]
    path = tmp_path / "bad.zip"
    path.write_bytes(make())
    with pytest.raises(RefusedError, match=reason):
        read_bundle(path)


def test_a_bad_message_stops_no_other(pair: Pair, tmp_path: Path) -> None:
    pair[PINGHU].file(claim_of(PINGHU, 1))
    pack(pair[PINGHU].exchange, JINSHAN, tmp_path / "good.zip")
    good = read_bundle(tmp_path / "good.zip")
    write_bundle(tmp_path / "mixed.zip", [b"{}", *good, good[0][:-1]])
    taken = unpack(pair[JINSHAN].exchange, tmp_path / "mixed.zip")
    assert [one.split(":")[1] for one in taken.refused] == [" message 1", " message 3"]
    assert len(taken.receipts) == 1
