import dataclasses
from collections.abc import Callable

import pytest

from models.values.plates import PlateColour
from notices.recognition.claim import Claim
from notices.recognition.docket import Docket, Message, Standing, Word
from notices.recognition.protocol import IncidentError, NotHeldError, Protocol

PROTOCOL = Protocol()
FIRST = Claim(
    id="平湖-1",
    agency="平湖",
    plate="浙F00001",
    plate_colour=PlateColour.YELLOW,
    violation="overload",
    passed_ms=1_000,
    heading="",
    axles=6,
    gross_kg=60_000,
    mpe_percent=5.0,
    filed_ms=5_000,
    policy="assumed-1",
    scope=frozenset({"金山"}),
)
SECOND = dataclasses.replace(
    FIRST, id="金山-1", agency="金山", scope=frozenset({"平湖"}), passed_ms=2_400_000, filed_ms=9_000
)


def said(word: Word, claim: Claim, *, epoch: int = 1, sender: str = "", to: str = "") -> Message:
    sender = sender or claim.agency
    to = to or next(iter(claim.scope if sender == claim.agency else {claim.agency}))
    return Message(word=word, claim=claim, epoch=epoch, sender=sender, to=to)


def standing(docket: Docket, claim: Claim) -> Standing:
    return docket.own[claim.id].standing


def test_the_first_filed_is_fined_and_the_other_recognises_it() -> None:
    pinghu, asked = PROTOCOL.file(Docket(agency="平湖"), FIRST)
    jinshan, also_asked = PROTOCOL.file(Docket(agency="金山"), SECOND)
    jinshan, answers = PROTOCOL.receive(jinshan, asked[0])
    assert [message.word for message in answers] == [Word.YIELD, Word.GRANT]
    assert standing(jinshan, SECOND) is Standing.BLOCKED
    pinghu, silence = PROTOCOL.receive(pinghu, also_asked[0])
    assert silence == ()
    for answer in answers:
        pinghu, _ = PROTOCOL.receive(pinghu, answer)
    pinghu, _ = PROTOCOL.decide(pinghu, FIRST.id)
    assert standing(pinghu, FIRST) is Standing.DECIDED


def test_a_fine_that_falls_gives_the_other_its_turn() -> None:
    pinghu, asked = PROTOCOL.file(Docket(agency="平湖"), FIRST)
    jinshan, (granted,) = PROTOCOL.receive(Docket(agency="金山"), asked[0])
    jinshan, nothing = PROTOCOL.file(jinshan, SECOND)
    assert nothing == ()
    assert standing(jinshan, SECOND) is Standing.BLOCKED
    pinghu, _ = PROTOCOL.receive(pinghu, granted)
    pinghu, _ = PROTOCOL.decide(pinghu, FIRST.id)
    pinghu, revoked = PROTOCOL.revoke(pinghu, FIRST.id)
    assert revoked == ()  # the lock stays until the money is back
    pinghu, released = PROTOCOL.release(pinghu, FIRST.id)
    jinshan, claimed = PROTOCOL.receive(jinshan, released[0])
    assert [message.word for message in claimed] == [Word.CLAIM]
    pinghu, (granted,) = PROTOCOL.receive(pinghu, claimed[0])
    jinshan, _ = PROTOCOL.receive(jinshan, granted)
    assert standing(jinshan, SECOND) is Standing.HELD


def test_three_agencies_must_all_agree() -> None:
    claim = dataclasses.replace(FIRST, scope=frozenset({"金山", "安吉"}))
    docket, asked = PROTOCOL.file(Docket(agency="平湖"), claim)
    assert {message.to for message in asked} == {"金山", "安吉"}
    docket, _ = PROTOCOL.receive(docket, said(Word.GRANT, claim, sender="金山"))
    assert standing(docket, claim) is Standing.WAITING
    docket, _ = PROTOCOL.receive(docket, said(Word.GRANT, claim, sender="安吉"))
    assert standing(docket, claim) is Standing.HELD


def test_an_agency_without_partners_asks_nobody() -> None:
    claim = dataclasses.replace(FIRST, scope=frozenset())
    docket, asked = PROTOCOL.file(Docket(agency="平湖"), claim)
    assert (standing(docket, claim), asked) == (Standing.HELD, ())


def test_a_claim_not_granted_is_not_fined() -> None:
    docket, _ = PROTOCOL.file(Docket(agency="平湖"), FIRST)
    with pytest.raises(NotHeldError, match="expected standing held, got waiting"):
        PROTOCOL.decide(docket, FIRST.id)


def test_a_fine_that_stands_is_not_given_free() -> None:
    docket, _ = PROTOCOL.file(Docket(agency="平湖"), dataclasses.replace(FIRST, scope=frozenset()))
    docket, _ = PROTOCOL.decide(docket, FIRST.id)
    with pytest.raises(NotHeldError, match="revoke it before"):
        PROTOCOL.release(docket, FIRST.id)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (said(Word.CLAIM, SECOND, to="安吉"), "meant for 安吉"),
        (said(Word.CLAIM, SECOND, epoch=0), "epoch expected from 1"),
        (said(Word.CLAIM, SECOND, sender="安吉", to="平湖"), "can't say this"),
        (said(Word.RELEASE, FIRST, sender="金山", to="平湖"), "can't say this"),
        (said(Word.GRANT, SECOND, sender="平湖", to="平湖"), "not what 平湖 claimed"),
        (said(Word.GRANT, FIRST, sender="安吉", to="平湖"), "was not asked"),
        (said(Word.GRANT, FIRST, sender="金山", epoch=2), "was not asked in epoch 2"),
        (said(Word.GRANT, dataclasses.replace(FIRST, gross_kg=1), sender="金山"), "not what"),
    ],
)
def test_what_cannot_be_meant_is_refused(message: Message, reason: str) -> None:
    docket, _ = PROTOCOL.file(Docket(agency="平湖"), FIRST)
    with pytest.raises(IncidentError, match=reason):
        PROTOCOL.receive(docket, message)


def test_one_id_with_two_contents_is_refused() -> None:
    docket, _ = PROTOCOL.receive(Docket(agency="平湖"), said(Word.CLAIM, SECOND))
    changed = dataclasses.replace(SECOND, gross_kg=1)
    with pytest.raises(IncidentError, match="same id with other contents"):
        PROTOCOL.receive(docket, said(Word.CLAIM, changed))


@pytest.mark.parametrize("step", [PROTOCOL.decide, PROTOCOL.revoke, PROTOCOL.release])
def test_a_claim_never_filed(step: Callable[[Docket, str], object]) -> None:
    with pytest.raises(NotHeldError, match="平湖-1: never filed by 平湖"):
        step(Docket(agency="平湖"), FIRST.id)
