from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values.service import Channel
from notices.documents.kinds import DocumentKind
from notices.documents.service_papers import Channel as PrintedChannel
from notices.service.rules import (
    MANNERS,
    SUMMONS_ARTICLE,
    Reach,
    Tried,
    article_of,
    next_channel,
    obstacle,
    served_on,
)

C, K = Channel, DocumentKind
ROWS = [
    line.split("\t")
    for line in (Path(__file__).parent / "service_cases.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
EVERYTHING = Reach(email=True, phone=True, address=True, consent=True, partner=True)
NOTHING = Reach()
reaches = st.builds(
    Reach,
    email=st.booleans(),
    phone=st.booleans(),
    address=st.booleans(),
    consent=st.booleans(),
    partner=st.booleans(),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join(row[:3]))
def test_the_day_that_counts_is_the_articles(row: list[str]) -> None:
    channel, event, announced, counts, article, _ = row
    assert served_on(C(channel), date.fromisoformat(event), int(announced)) == date.fromisoformat(counts)
    cited = article_of(K.DECISION, C(channel), consent=True, announced_days=int(announced))
    assert article in cited


def test_every_channel_has_its_manner_and_its_word_on_the_receipt() -> None:
    assert set(MANNERS) == set(C)
    assert {one.label for one in C} == set(PrintedChannel.__args__)  # type: ignore[attr-defined]
    # What no article that was read says is called a default.
    assert all(manner.default for manner in MANNERS.values() if manner.wait_days)


@pytest.mark.parametrize(
    ("kind", "channel", "reach", "failed", "because"),
    [
        (K.DECISION, C.ELECTRONIC, Reach(email=True), [], "确认书"),
        (K.DECISION, C.ELECTRONIC, Reach(consent=True), [], "没有电子邮箱"),
        (K.DECISION, C.ELECTRONIC, Reach(email=True, consent=True), [], ""),
        (K.VIOLATION_NOTICE, C.SMS, Reach(phone=True), [], "确认书"),
        (K.SUMMONS, C.SMS, Reach(phone=True), [], ""),
        (K.SUMMONS, C.ELECTRONIC, Reach(email=True), [], "确认书"),
        (K.SUMMONS, C.SMS, NOTHING, [], "没有手机号码"),
        (K.DECISION, C.POST, NOTHING, [], "没有邮寄地址"),
        (K.DECISION, C.PARTNER, Reach(address=True), [], "协作机关"),
        (K.DECISION, C.IN_PERSON, NOTHING, [], ""),
        (K.DECISION, C.LEFT, NOTHING, [], "拒收后方可留置"),
        (K.DECISION, C.LEFT, NOTHING, [Tried(channel=C.IN_PERSON)], "拒收后方可留置"),
        (K.DECISION, C.LEFT, NOTHING, [Tried(channel=C.IN_PERSON, refused=True)], ""),
        (K.DECISION, C.ANNOUNCEMENT, NOTHING, [], "尚可采用直接送达"),
        (K.DECISION, C.ANNOUNCEMENT, Reach(address=True), [Tried(channel=C.IN_PERSON)], "尚可采用邮寄送达"),
        (K.DECISION, C.ANNOUNCEMENT, NOTHING, [Tried(channel=C.IN_PERSON)], ""),
        (K.DECISION, C.ANNOUNCEMENT, NOTHING, [Tried(channel=C.IN_PERSON, refused=True)], "尚可采用留置送达"),
    ],
)
def test_which_channel_may_serve_what(
    kind: DocumentKind, channel: Channel, reach: Reach, failed: list[Tried], because: str
) -> None:
    found = obstacle(kind, channel, reach, failed)
    assert because in found
    assert bool(found) == bool(because)


def test_the_next_channel_goes_from_quick_to_last_resort() -> None:
    failed: list[Tried] = []
    order = []
    while (channel := next_channel(K.DECISION, EVERYTHING, failed)) is not C.ANNOUNCEMENT:
        order.append(channel)
        failed.append(Tried(channel=channel))
    # The partner tried in person, so that nobody travels after.
    assert order == [C.ELECTRONIC, C.SMS, C.POST, C.PARTNER]
    at_home = Reach(address=True)
    assert next_channel(K.DECISION, at_home, [Tried(channel=C.POST)]) is C.IN_PERSON
    refused = [Tried(channel=C.POST), Tried(channel=C.IN_PERSON, refused=True)]
    assert next_channel(K.DECISION, at_home, refused) is C.LEFT


@given(kind=st.sampled_from(K), reach=reaches, data=st.data())
def test_the_next_channel_is_always_one_that_may_be_used(
    kind: DocumentKind, reach: Reach, data: st.DataObject
) -> None:
    failed = data.draw(
        st.lists(st.builds(Tried, channel=st.sampled_from(C), refused=st.booleans()), max_size=8)
    )
    channel = next_channel(kind, reach, failed)
    assert obstacle(kind, channel, reach, failed) == ""
    assert channel is C.ANNOUNCEMENT or channel not in {one.channel for one in failed}


def test_a_summons_told_without_consent_rests_on_the_provinces_rule() -> None:
    assert article_of(K.SUMMONS, C.POST, consent=False) == SUMMONS_ARTICLE
    assert article_of(K.SUMMONS, C.ANNOUNCEMENT, consent=False) != SUMMONS_ARTICLE
    assert article_of(K.DECISION, C.POST, consent=False) != SUMMONS_ARTICLE
