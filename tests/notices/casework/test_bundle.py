"""The case's bundle holds every signed word about its claim, and nobody else's."""

import json

from agencies import NAMES, public
from case_desks import TO_STATEMENT, Desks

from models.values.case_life import CaseState
from notices.exchange.envelope import hear
from notices.exchange.keys import KeyRing
from notices.exchange.kinds import Kind
from pipeline.bundle_exchange import exchanged

S = CaseState


def test_the_certificate_of_no_conflict_proves_itself_from_the_bundle(desks: Desks) -> None:
    ours = desks.pinghu
    ours.file("a")
    ours.file("a2", plate="浙Z00002")
    desks.heal()
    ours.step("a", *TO_STATEMENT, S.DECIDED)
    desks.heal()
    with ours.agency.database.read() as connection:
        files = exchanged(connection, ours.life("a").case_id)
        nothing = exchanged(connection, 0)
    assert nothing == {}
    heard = [
        hear(one, KeyRing(public(name) for name in NAMES), ours.agency.clock()) for one in files.values()
    ]
    kinds = sorted(one.envelope.kind for one in heard)
    assert kinds == [Kind.CLAIM, Kind.FINED, Kind.GRANT, Kind.RECEIPT, Kind.RECEIPT, Kind.RECEIPT]
    (grant,) = (one for one in heard if one.envelope.kind is Kind.GRANT)
    assert (grant.envelope.sender, grant.envelope.id) == ("金山", ours.life("a").grant_number)
    assert not any("平湖:a2" in json.dumps(one.envelope.body, ensure_ascii=False) for one in heard)
