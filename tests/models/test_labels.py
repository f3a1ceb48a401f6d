import re

import pytest

from models.values.case_life import CaseState, RejectReason, Verdict
from models.values.findings import Doubt, FindingKind
from models.values.labelled import Labelled
from models.values.lookups import LookupDoubt, LookupState, Purpose, WaitReason
from models.values.money import Band, Unit
from models.values.office import Action, Role
from models.values.plates import PlateColour
from models.values.quality import QualityCode, Severity, worst
from models.values.registry import VehicleClass, VehicleStatus
from models.values.states import ChunkState, QuarantineState, SourceKind, SourceState

ENUMS = [
    Action,
    Band,
    CaseState,
    ChunkState,
    Doubt,
    FindingKind,
    LookupDoubt,
    LookupState,
    PlateColour,
    QualityCode,
    QuarantineState,
    Purpose,
    RejectReason,
    Role,
    Severity,
    SourceKind,
    SourceState,
    Unit,
    VehicleClass,
    VehicleStatus,
    WaitReason,
    Verdict,
]


@pytest.mark.parametrize("enum", ENUMS)
def test_every_word_has_a_chinese_label_and_is_found_by_itself(enum: type[Labelled]) -> None:
    for member in enum:
        assert re.search("[\u4e00-\u9fff]", member.label), member
        assert enum(member.value) is member
        assert re.fullmatch("[a-z_]+", member.value)


def test_labels_differ() -> None:
    for enum in ENUMS:
        labels = [member.label for member in enum]
        assert len(set(labels)) == len(labels)


def test_the_gravest_code_decides() -> None:
    assert worst([]) is Severity.ACCEPTED
    assert worst([QualityCode.SPACING_UNKNOWN]) is Severity.NOTE
    assert worst([QualityCode.ONE_SIDED, QualityCode.SPACING_UNKNOWN]) is Severity.DOUBT
    assert worst([QualityCode.ONE_SIDED, QualityCode.REPEATED]) is Severity.REJECT
