"""Inputs that a fuzzer came upon (tests/fuzz.py): each is read or refused with a word, and breaks nothing."""

from pathlib import Path

import pytest
from hostile import FORMATS, Listener, look_at, read

from stations.images import image_damage, image_problem

SEEDS = sorted((Path(__file__).parent / "hostile").iterdir())
OF_FORMATS = [seed for seed in SEEDS if seed.name.startswith(FORMATS)]
PICTURES = [seed for seed in SEEDS if seed.name.startswith("image-")]
OF_API = [seed for seed in SEEDS if seed.name.startswith("api-")]


@pytest.mark.parametrize("seed", OF_FORMATS, ids=lambda seed: seed.name)
def test_a_record_file_is_read_or_refused(seed: Path, tmp_path: Path) -> None:
    read(seed.name.rpartition("-")[0], seed.read_bytes(), tmp_path)


def test_pictures_are_told_of_or_looked_at(tmp_path: Path) -> None:
    for seed in PICTURES:
        look_at(seed.read_bytes(), tmp_path)
    assert len([image_problem(seed) or image_damage(seed) for seed in PICTURES]) == 3


def test_the_listener_answers_each(tmp_path: Path) -> None:
    listener = Listener(tmp_path)
    for seed in OF_API:
        listener.answer(seed.read_bytes())
    listener.close()
