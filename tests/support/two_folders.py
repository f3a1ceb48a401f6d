"""Two agencies' folders that know each other's keys, and bundles carried between them by hand."""

import re
from pathlib import Path

from typer.testing import CliRunner

from zhichao.cli import app

RUN = CliRunner()


def run(config: Path, *arguments: str, code: int = 0, of: str = "exchange") -> str:
    done = RUN.invoke(app, [of, *arguments, "--config", str(config)])
    assert done.exit_code == code, done.output
    return done.stdout


def agency(folder: Path, name: str) -> tuple[Path, str]:
    """Make an agency's folder and keys, and return its settings file and what it tells its partners."""
    folder.mkdir()
    config = folder / "config.toml"
    config.write_text(f'[agency]\nid = "{name}"\nbase_url = "https://127.0.0.1:9"\n', encoding="utf-8")
    return config, run(config, "init")


def two_folders(folder: Path) -> list[Path]:
    made = [agency(folder / name, name) for name in ("pinghu", "jinshan")]
    for (config, _), (_, told) in (made, made[::-1]):
        text = re.sub(r"^url = .*$", 'url = ""', told, flags=re.MULTILINE)
        config.write_text(config.read_text(encoding="utf-8") + text, encoding="utf-8")
    return [config for config, _ in made]


def carry(here: Path, there: Path) -> None:
    """Carry a bundle over and its receipts back."""
    bundle, receipts = str(here.parent / "there.zip"), str(here.parent / "back.zip")
    run(here, "pack", there.parent.name, bundle)
    run(there, "unpack", bundle, receipts)
    run(here, "unpack", receipts, str(here.parent / "none.zip"))
