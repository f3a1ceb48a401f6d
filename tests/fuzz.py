"""Fuzz what strangers' bytes reach, from the inputs that are kept.

    python tests/fuzz.py --seconds 60 [TARGET …]

Needs atheris, which is no part of the program. An input that breaks something, or takes longer than SLOW_S,
is written to build/fuzz with what it raised and the search goes on; kept in tests/stations/hostile, it is a
test.
"""

import argparse
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from hashlib import sha256
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent / "support")]
try:
    import atheris
except ImportError:
    raise SystemExit("skipped: atheris is not installed here") from None
with atheris.instrument_imports(include=["stations"]):
    from hostile import TARGETS, target

HERE = Path(__file__).parent
FOUND = HERE.parent / "build" / "fuzz"
SLOW_S, LONGEST_BYTES = 3, 20_000


class Search:
    """One target and what was found."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.runs, self.found = name, 0, set[str]()
        self._take = target(name, folder)

    def one(self, content: bytes) -> None:
        """Give one input to the target and note what it broke."""
        self.runs += 1
        start = time.perf_counter()
        try:
            self._take(content)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is a find)
            last = traceback.extract_tb(error.__traceback__)[-1]
            self._keep(content, f"{type(error).__name__} {Path(last.filename).name}:{last.lineno}", error)
        if time.perf_counter() - start > SLOW_S:
            self._keep(content, f"slow {sha256(content).hexdigest()[:8]}", None)

    def _keep(self, content: bytes, words: str, error: Exception | None) -> None:
        if words in self.found:
            return
        self.found.add(words)
        FOUND.mkdir(parents=True, exist_ok=True)
        path = FOUND / f"{self.name}-{sha256(words.encode()).hexdigest()[:8]}"
        path.write_bytes(content)
        raised = "".join(traceback.format_exception(error)) if error else ""
        path.with_suffix(".txt").write_text(f"{words}\n{raised}", encoding="utf-8")


def search(name: str, seconds: int) -> None:
    """Search one target in this process, which ends with it."""
    logging.disable(logging.CRITICAL)
    folder = Path(tempfile.mkdtemp())
    corpus = folder / "corpus"
    corpus.mkdir()
    for seed in (HERE / "stations" / "hostile").glob(f"{name}-*"):
        shutil.copy(seed, corpus)
    ours = Search(name, folder)
    until = time.monotonic() + seconds

    def one(content: bytes) -> None:
        ours.one(content)
        if time.monotonic() > until:
            found = f"{len(ours.found)} found {sorted(ours.found)}"
            print(f"{name}: {ours.runs} inputs in {seconds} s, {found}", flush=True)  # noqa: T201 (a script)
            shutil.rmtree(folder, ignore_errors=True)
            # The fuzzer has no other way to end without a find.
            os._exit(0)

    atheris.Setup([sys.argv[0], str(corpus), f"-max_len={LONGEST_BYTES}", "-verbosity=0"], one)
    atheris.Fuzz()


def main() -> None:
    """Search each target in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[[], *TARGETS], metavar="TARGET", default=[])
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        search(given.targets[0], given.seconds)
    for name in given.targets or TARGETS:
        command = [sys.executable, __file__, name, "--seconds", str(given.seconds), "--inside"]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
