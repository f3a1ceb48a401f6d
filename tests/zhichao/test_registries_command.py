"""The commands around the registries, as a user starts them."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

from registry_cases import asked, query_for

from pipeline.registries.settings import RegistrySettings

ROOT = Path(__file__).parents[2]
ZHICHAO = [sys.executable, "-m", "zhichao"]


def environment(data: Path) -> dict[str, str]:
    return os.environ | {"ZHICHAO_DATA_DIR": str(data)}


def test_retry_without_registries_says_what_is_missing(tmp_path: Path) -> None:
    done = subprocess.run(
        [*ZHICHAO, "registries", "retry"],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert "no [[registries]] are declared" in done.stderr


def test_simulated_registries_print_settings_that_reach_them(tmp_path: Path) -> None:
    command = [*ZHICHAO, "registry-sim", "--port", "0", "--passages", "20", "--seed", "11"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(tmp_path), stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(3 + 3 * 6 + 2)]
            told = tomllib.loads("".join(lines[3:]))
            settings = [RegistrySettings.model_validate(one) for one in told["registries"]]
            assert [one.name for one in settings] == ["zhejiang", "shanghai", "national"]
            # Nobody is registered under this number, but everyone answers.
            for text, source in (
                ("浙Z00000", "zhejiang"),
                ("沪Z00000", "shanghai"),
                ("苏Z00000", "national"),
            ):
                outcome = asked(settings, [query_for(text)])[text]
                assert (outcome.found, outcome.waits, outcome.source) == (None, None, source)
            assert all((tmp_path / "registry-sim" / f"{one.name}.secret").exists() for one in settings)
        finally:
            process.terminate()
