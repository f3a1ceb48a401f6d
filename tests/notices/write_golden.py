"""Write the golden files anew; read the differences before they are kept."""

import hashlib
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "support")]

import papers  # noqa: E402 (found by the line above)
from test_golden import DIGESTS, GOLDEN, SAMPLES, text_of  # noqa: E402

from notices.documents.render import Renderer  # noqa: E402

renderer = Renderer("https://verify.example.invalid/d", papers.FRAMES.__getitem__)
lines = []
for old in GOLDEN.glob("*.txt"):
    old.unlink()
for name, paper in SAMPLES.items():
    pdf = renderer.render(paper).pdf
    (GOLDEN / f"{name}.txt").write_text(text_of(pdf), encoding="utf-8")
    lines.append(f"{name}\t{hashlib.sha256(pdf).hexdigest()}\n")
DIGESTS.write_text("".join(lines), encoding="utf-8")
