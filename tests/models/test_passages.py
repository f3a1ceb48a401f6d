from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.passage_rows import _joined, _table
from models.values.passages import PassageBatch, content_key, no_text


def batch(axle_kg: list[list[int]], lane: int = 1, passed_at_ms: int = 0, width: int = 0) -> PassageBatch:
    count = len(axle_kg)
    axles = np.array([row + [0] * width for row in axle_kg], dtype=np.int64)
    return PassageBatch(
        row=np.arange(count),
        passed_at_ms=np.full(count, passed_at_ms),
        lane=np.full(count, lane, dtype=np.int16),
        axle_count=np.full(count, 2, dtype=np.int16),
        gross_kg=axles.sum(axis=1),
        axle_kg=axles,
        left_kg=np.full_like(axles, -1),
        spacing_mm=np.zeros_like(axles[:, 1:]),
        speed_kmh=np.full(count, np.nan),
        length_mm=np.full(count, -1),
        serial=no_text(count),
        plate_front=no_text(count),
        plate_rear=no_text(count),
        plate_colour=no_text(count),
    )


def test_content_key_tells_records_apart_and_ignores_where_they_stood() -> None:
    one = batch([[5000, 9000], [5000, 9010], [9000, 5000]])
    keys = content_key(one)
    assert len(set(keys.tolist())) == 3
    moved = content_key(replace(one.take(np.array([2, 0, 1])), row=np.array([7, 8, 9])))
    assert moved.tolist() == keys[[2, 0, 1]].tolist()
    assert content_key(batch([[5000, 9000]], width=6))[0] == keys[0]
    assert content_key(batch([[5000, 9000]], lane=2))[0] != keys[0]
    assert content_key(batch([[5000, 9000]], passed_at_ms=1))[0] != keys[0]


def test_content_keys_of_a_hundred_thousand_similar_records_differ() -> None:
    loads = [[1000 + 10 * (n % 400), 1000 + 10 * (n // 400)] for n in range(100_000)]
    assert len(np.unique(content_key(batch(loads)))) == 100_000


@given(st.lists(st.lists(st.integers(-1, 99_999), max_size=8), max_size=30))
def test_lists_of_numbers_survive_the_text_column(rows: list[list[int]]) -> None:
    width = max([1, *map(len, rows)])
    table = np.array([row + [-1] * (width - len(row)) for row in rows], dtype=np.int64).reshape(-1, width)
    texts = _joined(table, -1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.passage_rows.FEW", 0)
        assert _joined(table, -1) == texts
    assert _table(texts, -1, width=width).tolist() == table.tolist()
