"""One fine from the party's statement to the sealed decision that lowers it: each as people would do it."""

import io
import re
from pathlib import Path

import papers
import pypdfium2
import pytest
from browsers import Browser, code_of
from case_desks import Desks, S
from desk import Desk, staff
from served import NOON, Counter

from models.case_life import life_of
from models.files import FileStore
from models.renewed import Renewed
from models.values.office import PROGRAM
from models.values.service import Channel, Outcome
from models.values.timeline import to_ms
from notices.casework.fines import standing_fine
from notices.documents.all_kinds import PAPERS
from notices.documents.issue import Issued
from notices.documents.issue import Office as DocumentOffice
from notices.documents.kinds import DocumentKind
from notices.documents.paper import Paper
from notices.documents.render import Renderer
from notices.seal.authority import make_test_authority, make_test_seal
from notices.seal.key import load_seal
from notices.seal.sealer import Sealer
from notices.seal.verify import Anchors
from notices.service.carriers import Report
from review.office import Office
from review.public.counter import PublicCounter
from zhichao.case_course import course_facts

NUMBER, CLAIM = "case-1", "平湖:case-1"
SAID = "已主动卸载转运并报告，请求从轻"
TOLD = papers.facts(DocumentKind.VIOLATION_NOTICE)["amount_fen"]
assert isinstance(TOLD, int)
LOWERED = TOLD // 2


class Bureau:
    """An agency: officers at a console, a service desk, an office that seals, a counter for the public."""

    def __init__(self, desks: Desks, folder: Path) -> None:
        self.desks, self.cases = desks, desks.pinghu
        self.database = self.cases.agency.database
        self.server = Counter(self.database, folder)
        desks.turn_clocks(to_ms(NOON))
        make_test_seal(folder / "seal", papers.AGENCIES["浙江"].name, make_test_authority(NOON), NOON)
        seal = load_seal(folder / "seal")
        self.papers = DocumentOffice(
            database=self.database,
            store=self.server.desk.documents,
            renderer=Renderer("https://verify.example.invalid/d", papers.FRAMES.__getitem__),
            sealer=Sealer(seal, clock=lambda: self.server.now),
        )
        self.office = Office(
            database=self.database,
            store=FileStore(folder / "originals"),
            sites={},
            head_file=folder / "head",
            no_partner=False,
            partners=self.cases.desk,
            vault=lambda: self.server.desk.vault,
            service=lambda: self.server.desk,
            clock_ms=lambda: to_ms(self.server.now),
        )
        self.public = PublicCounter(
            database=self.database,
            documents=self.server.desk.documents,
            proofs=self.server.desk.proofs,
            originals=self.office.store,
            vault=self.server.desk.vault,
            anchors=Renewed([], lambda: Anchors(seals=seal.roots)),
            told=lambda _, __: None,
            clock_ms=self.office.clock_ms,
        )
        staff(self.database)

    def issue(self, kind: DocumentKind) -> Issued:
        """Seal a document on what the case itself says, the rest invented."""
        with self.database.read() as connection:
            case_id = life_of(connection, NUMBER).case_id
            course = course_facts(connection, case_id, self.server.now)
        fields = PAPERS[kind].model_fields
        known = {name: value for name, value in course.items() if name in fields}
        paper: Paper = PAPERS[kind].model_validate(papers.facts(kind) | known)
        return self.papers.issue(paper, case_id, self.server.today)

    def serve(self, number: str) -> None:
        reference = self.server.desk.start(number, Channel.IN_PERSON, actor=PROGRAM)
        delivered = Report(outcome=Outcome.DELIVERED, on=self.server.today, proof=b"signed")
        self.server.desk.note(reference, delivered)

    def state(self) -> str:
        return self.cases.state(NUMBER)

    def stepped(self, login: str, to: str) -> int:
        with self.database.read() as connection:
            version = life_of(connection, NUMBER).version
        form = {"to": to, "version": version, "reason": "复核"}
        officer = Desk(self.office, login)
        status = officer.post(f"/cases/{NUMBER}/step", **form).status_code
        officer.post(f"/cases/{NUMBER}/release")
        return status


def printed(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(io.BytesIO(pdf))
    text = "".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    return re.sub(r"\s", "", text)


@pytest.fixture
def bureau(desks: Desks, tmp_path: Path) -> Bureau:
    made = Bureau(desks, tmp_path)
    made.cases.file(NUMBER, fine_fen=TOLD)
    made.cases.step(NUMBER, S.SUMMONED, S.APPEARED)
    desks.heal()
    return made


def test_a_statement_accepted_in_part_ends_in_a_sealed_decision_on_the_lower_fine(bureau: Bureau) -> None:
    notice = bureau.issue(DocumentKind.VIOLATION_NOTICE)
    bureau.serve(notice.number)
    assert bureau.state() == "notified"

    party = Browser(bureau.public)
    assert party.enter(code_of(bureau.server, notice.number)).status_code == 303
    csrf = re.search(r'name="csrf" value="([^"]+)"', party.get("/notice").text)
    assert csrf is not None
    statement = {"kind": "statement", "text": SAID, "name": "虚构物流有限公司", "csrf": csrf.group(1)}
    receipt = party.post("/notice/defence", **statement).headers["location"].split("receipt=")[1][:17]
    assert bureau.state() == "statement"

    bureau.server.later(1)
    answer = {"receipt": receipt, "answer": "partly", "reason": "属实", "ground": "harm_undone"}
    lowered = {"lowered_yuan": f"{LOWERED / 100:.2f}"}
    officer = Desk(bureau.office, "reviewer")
    assert officer.post(f"/cases/{NUMBER}/defence", **answer, **lowered).status_code == 303
    assert party.enter(code_of(bureau.server, notice.number)).status_code == 303
    assert "部分采纳" in party.get("/notice").text

    assert bureau.stepped("team_leader", "decided") == 409, "decided past the legal review"
    assert bureau.stepped("team_leader", "legal_review") == 303
    assert bureau.stepped("team_leader", "decided") == 403
    decision = bureau.issue(DocumentKind.DECISION)
    assert bureau.stepped("legal_reviewer", "decided") == 303
    assert bureau.state() == "decided"

    bureau.desks.heal()
    with bureau.desks.jinshan.agency.database.read() as connection:
        fine = standing_fine(connection, bureau.cases.agency.claims()[CLAIM].claim, "平湖")
    assert fine is not None
    assert fine.amount_fen == LOWERED

    bureau.serve(decision.number)
    assert bureau.state() == "served"
    code = code_of(bureau.server, decision.number)
    reader = Browser(bureau.public)
    assert reader.enter(code).status_code == 303
    text = printed(reader.get("/notice/pdf").content)
    assert f"{LOWERED / 100:,.2f}" in text or f"{LOWERED / 100:.2f}" in text
    assert "第三十二条" in text
    page = Browser(bureau.public).get(f"/d/{code}").text
    for words in ("签章有效", decision.number, "未被改动"):
        assert words in page, words
    assert not [word for word in ("虚构物流", SAID, NUMBER) if word in page]
