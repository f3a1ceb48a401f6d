"""Outer dimensions against cases worked by hand from 62号令 arts 3 and 43."""

from dataclasses import replace

import pytest

from pipeline.rules.dimensions import Dimensions, Size, dimension_consequence
from pipeline.rules.rule_sets import rule_sets

RULES = rule_sets()[0].dimensions


@pytest.mark.parametrize(
    ("height_mm", "width_mm", "length_mm", "container", "over", "fine_yuan"),
    [
        (4000, 2550, 18_100, False, [], None),
        (4001, 2550, 18_100, False, ["车货总高度超限"], (0, 200)),
        (4000, 2551, 18_100, False, ["车货总宽度超限"], (0, 200)),
        (4000, 2550, 18_101, False, ["车货总长度超限"], (0, 200)),
        (4200, 3000, 20_000, False, ["车货总高度超限", "车货总宽度超限", "车货总长度超限"], (0, 200)),
        (4201, 2550, 18_100, False, ["车货总高度超限"], (200, 1000)),
        (4000, 3001, 18_100, False, ["车货总宽度超限"], (200, 1000)),
        (4000, 2550, 20_001, False, ["车货总长度超限"], (200, 1000)),
        (4500, 3750, 28_000, False, ["车货总高度超限", "车货总宽度超限", "车货总长度超限"], (200, 1000)),
        (4501, 2550, 18_100, False, ["车货总高度超限"], (1000, 3000)),
        (4000, 3751, 18_100, False, ["车货总宽度超限"], (1000, 3000)),
        (4000, 2550, 28_001, False, ["车货总长度超限"], (1000, 3000)),
        (4200, 2550, 18_100, True, [], None),
        (4200, 2550, 18_100, None, [], None),
        (4201, 2550, 18_100, True, ["车货总高度超限"], (200, 1000)),
        (None, None, 18_101, None, ["车货总长度超限"], (0, 200)),
        (None, None, None, None, [], None),
    ],
)
def test_worked_case(
    height_mm: int | None,
    width_mm: int | None,
    length_mm: int | None,
    container: bool | None,
    over: list[str],
    fine_yuan: tuple[int, int] | None,
) -> None:
    size = Size(height_mm=height_mm, width_mm=width_mm, length_mm=length_mm)
    found = dimension_consequence(size, RULES, container=container)
    assert [step.what for step in found.steps] == over
    assert all(step.amount_fen == 0 for step in found.steps)
    fine = (found.fine.minimum_fen // 100, found.fine.maximum_fen // 100) if found.fine else None
    assert fine == fine_yuan


def test_it_is_written_out_and_the_default_is_said() -> None:
    size = Size(height_mm=4100, length_mm=20_500)
    found = dimension_consequence(size, RULES)
    assert [str(step) for step in found.steps] == [
        "车货总长度超限：20,500毫米 − 18,100毫米 = 2,400毫米（62号令 art. 3(一)(二)(三)）"
    ]
    assert str(found.fine) == (
        "车货总体外廓尺寸超限：可以处200.00元以上1,000.00元以下罚款，数额由执法人员裁量"
        "（《超限运输车辆行驶公路管理规定》第四十三条第一款第（一）项）"
    )
    assert found.defaults == (RULES.container.note,)
    assert dimension_consequence(replace(size, height_mm=4000), RULES).defaults == ()
    assert dimension_consequence(size, RULES, container=False).defaults == ()


@pytest.mark.parametrize("change", [{"height_mm": 5000}, {"minimum_yuan": 4000}])
def test_a_ladder_that_makes_no_sense(change: dict[str, int]) -> None:
    given = RULES.model_dump()
    given["step"] = [*given["step"][:-1], given["step"][-1] | change]
    with pytest.raises(ValueError, match=r"expected three sizes|lies below minimum_yuan"):
        Dimensions.model_validate(given)
