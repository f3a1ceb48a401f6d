"""Every Chinese text of the pages has its English."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import review
from models.values.case_life import CaseState, RejectReason, Verdict
from models.values.findings import Doubt, FindingKind
from models.values.labelled import Labelled
from models.values.lookups import LookupDoubt, LookupState, WaitReason
from models.values.money import Band
from models.values.office import Action, Role
from models.values.partner_reasons import PartnerReason
from models.values.problems import ProblemKind
from models.values.quality import QualityCode, Severity
from models.values.schedule import RunState
from models.values.service import Answer, Channel, DefenceKind, Mitigation, Outcome
from models.values.states import Standing
from models.values.vehicles import Layout
from notices.exchange.kinds import AnswerOutcome, Kind
from notices.exchange.kinds import Stage as Receipt
from notices.recognition.docket import Standing as ClaimStanding
from pipeline.registries.plate_paths import PlatePath
from review.lookup import ANSWER_LABELS, FIT_LABELS
from review.queue import Stage
from review.words import catalogue
from review.writing import FRAME_LABELS

FOLDER = Path(review.__file__).parent
CHINESE = "[\u4e00-\u9fff]"


def texts() -> Iterator[str]:
    for path in sorted((FOLDER / "templates").glob("*.html")):
        source = path.read_text(encoding="utf-8")
        for pattern in (r'\bt\("([^"]+)"', r'nothing\("([^"]+)"', rf'[(:,] ?"([^"]*{CHINESE}[^"]*)"[,)}}]'):
            yield from re.findall(pattern, source)
    # The public pages speak to Chinese parties, in Chinese alone.
    for path in (one for one in sorted(FOLDER.rglob("*.py")) if "public" not in one.parts):
        source = path.read_text(encoding="utf-8")
        yield from re.findall(rf'(?:Error\(|refused\(visit, |title=|problem=)"([^"]*{CHINESE}[^"]*)"', source)


def test_every_text_of_pages_and_refusals_has_its_english() -> None:
    missing = {text for text in texts() if re.search(CHINESE, text)} - catalogue().keys()
    assert not missing, missing


@pytest.mark.parametrize(
    "enum",
    [
        CaseState,
        RejectReason,
        PartnerReason,
        ProblemKind,
        Kind,
        Receipt,
        AnswerOutcome,
        ClaimStanding,
        Verdict,
        Mitigation,
        Doubt,
        FindingKind,
        Band,
        Action,
        Role,
        QualityCode,
        Severity,
        Stage,
        Standing,
        RunState,
        LookupState,
        Layout,
        LookupDoubt,
        WaitReason,
        PlatePath,
        Channel,
        Outcome,
        DefenceKind,
        Answer,
    ],
)
def test_every_label_has_its_english(enum: type[Labelled]) -> None:
    assert {member.label for member in enum} <= catalogue().keys()


def test_every_kind_of_frame_has_its_english() -> None:
    assert set(FRAME_LABELS.values()) <= catalogue().keys()


def test_no_page_looks_elsewhere_and_no_script_or_style_stands_in_a_page() -> None:
    for path in sorted(FOLDER.rglob("*.html")) + sorted((FOLDER / "static").iterdir()):
        source = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "://" not in source, path
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?! src=)", source), path


def test_our_javascript_stays_small() -> None:
    assert len((FOLDER / "static" / "console.js").read_text(encoding="utf-8").splitlines()) <= 60


def test_every_check_of_fit_has_its_english() -> None:
    assert {*FIT_LABELS.values(), *ANSWER_LABELS.values()} <= catalogue().keys()
