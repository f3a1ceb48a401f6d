"""After a restore, an agency that meets its partner by hand alone goes on all the same."""

import json
from pathlib import Path

import pytest
from agencies import JINSHAN, PINGHU, START_MS, Pair, claim_of

from notices.exchange import resync as resync_module
from notices.exchange.bundle import pack, unpack, write_bundle
from notices.exchange.log_file import read_log_file, write_log_file
from notices.exchange.refusals import RefusedError
from notices.exchange.resync import begin_by_hand, end_by_hand, freeze
from notices.exchange.shown import Shown
from notices.recognition.docket import Standing


def shown_by(pair: Pair, folder: Path, name: str = JINSHAN) -> dict[str, Shown]:
    """Carry an agency's log to its partner."""
    path = folder / f"{len(list(folder.iterdir()))}.log"
    write_log_file(pair[name].exchange, pair[name].partner, path)
    partner, seen = read_log_file(pair[pair[name].partner].exchange, path)
    return {partner: seen}


def brought(pair: Pair, folder: Path, fences: dict[str, list[bytes]]) -> None:
    for partner, parts in fences.items():
        write_bundle(folder / "fence.zip", parts)
        assert unpack(pair[partner].exchange, folder / "fence.zip").refused == ()


def carry(pair: Pair, folder: Path) -> None:
    """Carry what waits on either side, and the receipts back, until nothing waits."""
    while any(agency.waiting() for agency in pair.agencies.values()):
        for agency in pair.agencies.values():
            pack(agency.exchange, agency.partner, folder / "there.zip")
            taken = unpack(pair[agency.partner].exchange, folder / "there.zip")
            assert taken.refused == ()
            write_bundle(folder / "back.zip", taken.receipts)
            assert unpack(agency.exchange, folder / "back.zip").refused == ()


def test_what_a_restore_lost_comes_back_by_hand(pair: Pair, tmp_path: Path) -> None:
    pair[PINGHU].file(claim_of(PINGHU, 3, plate="浙F00003"))
    backup = pair[PINGHU].backup()
    pair[PINGHU].file(claim_of(PINGHU, 1))
    pair[JINSHAN].file(claim_of(JINSHAN, 1, filed_ms=START_MS + 1))
    carry(pair, tmp_path)
    pair[PINGHU].decide("平湖-1")
    carry(pair, tmp_path)
    before = pair[PINGHU].claims()
    pair[PINGHU].restore(backup)
    freeze(pair[PINGHU].exchange)
    fences = begin_by_hand(pair[PINGHU].exchange, shown_by(pair, tmp_path))
    brought(pair, tmp_path, fences)
    assert end_by_hand(pair[PINGHU].exchange, shown_by(pair, tmp_path))
    assert pair[PINGHU].claims() == before
    carry(pair, tmp_path)
    pair.never_none()
    pair.same_messages()


def test_without_the_fence_taken_nothing_goes_on(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resync_module, "FENCE_DIGESTS", 2)
    ours = pair[PINGHU].exchange
    for number in range(3):
        pair[PINGHU].file(claim_of(PINGHU, number, plate=f"浙F{number:05}"))
    freeze(ours)
    assert not end_by_hand(ours, shown_by(pair, tmp_path)), "no fence was made"
    fences = begin_by_hand(ours, shown_by(pair, tmp_path))
    assert not end_by_hand(ours, shown_by(pair, tmp_path)), "the fence was not brought"
    first, second = fences[JINSHAN]
    brought(pair, tmp_path, {JINSHAN: [first]})
    assert not end_by_hand(ours, shown_by(pair, tmp_path)), "half of the fence was brought"
    assert pair[PINGHU].is_frozen
    brought(pair, tmp_path, {JINSHAN: [second]})
    assert end_by_hand(ours, shown_by(pair, tmp_path))
    carry(pair, tmp_path)
    assert {own.standing for own in pair[PINGHU].claims().values()} == {Standing.HELD}
    pair.same_messages()


def test_both_restored_and_meet_by_hand(pair: Pair, tmp_path: Path) -> None:
    pair[PINGHU].file(claim_of(PINGHU, 1))
    carry(pair, tmp_path)
    for agency in pair.agencies.values():
        pair.go_back(agency.name, agency.backup())
    for name, partner in ((PINGHU, JINSHAN), (JINSHAN, PINGHU)):
        brought(pair, tmp_path, begin_by_hand(pair[name].exchange, shown_by(pair, tmp_path, partner)))
        assert end_by_hand(pair[name].exchange, shown_by(pair, tmp_path, partner))
    carry(pair, tmp_path)
    assert pair[PINGHU].standing("平湖-1") is Standing.HELD
    pair.same_messages()


@pytest.mark.parametrize("what", ["the end", "the middle", "a word", "the head", "everything", "nobody's"])
def test_a_log_that_lost_something_on_the_way_is_refused(pair: Pair, tmp_path: Path, what: str) -> None:
    pair[PINGHU].file(claim_of(PINGHU, 1))
    carry(pair, tmp_path)
    path = tmp_path / "whole.log"
    count = write_log_file(pair[JINSHAN].exchange, PINGHU, path)
    assert path.stat().st_mode & 0o077 == 0
    head, *lines = path.read_bytes().splitlines(keepends=True)
    assert len(lines) == count > 3
    changed = json.loads(lines[1]) | {"kind": "yield"}
    broken = {
        "the end": [head, *lines[:-1]],
        "the middle": [head, *lines[:1], *lines[2:]],
        "a word": [head, lines[0], json.dumps(changed, ensure_ascii=False).encode() + b"\n", *lines[2:]],
        "the head": lines,
        "everything": [],
        "nobody's": [head.replace(JINSHAN.encode(), "虚构".encode()), *lines],
    }[what]
    bad = tmp_path / "bad.log"
    bad.write_bytes(b"".join(broken))
    with pytest.raises(RefusedError, match=r"bundle: bad\.log"):
        read_log_file(pair[PINGHU].exchange, bad)
