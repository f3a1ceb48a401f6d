import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from notices.exchange.settings import Agency
from notices.service.settings import ServiceSettings
from stations.push.settings import Push
from stations.station import Certificate, Station
from zhichao.backup.settings import BackupSettings
from zhichao.schedule.settings import ScheduleSettings
from zhichao.settings import ConfigError, Settings, load_settings

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "config.toml"
DECLARED = {"service", "stations", "registries", "agency", "partners", "push", "backup", "schedule"}


def test_the_shipped_file_says_the_defaults() -> None:
    content = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    content.pop("stations")
    assert content.pop("agency") == Agency().model_dump()
    assert content.pop("push") == Push().model_dump()
    assert content.pop("backup") == BackupSettings().model_dump()
    assert content.pop("schedule") == ScheduleSettings().model_dump()
    assert content.pop("service") == ServiceSettings().model_dump(mode="json")
    assert set(content) == set(Settings.model_fields) - DECLARED
    for name, value in content.items():
        assert str(Settings.model_fields[name].default) == str(value), name


def test_the_shipped_stations() -> None:
    settings = load_settings(SHIPPED)
    assert [station.id for station in settings.stations] == ["sim-pinghu", "sim-jinshan", "hs-sample"]
    assert settings.station("hs-sample").certificates[0].accuracy_class == "5"
    assert settings.data_dir == ROOT / "data"


def test_every_setting_is_documented_with_its_default() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| `([^`]*)` \|", text, flags=re.MULTILINE))
    expected = {
        name: '""' if field.default == "" else str(field.default)
        for name, field in Settings.model_fields.items()
        if name not in DECLARED
    }
    assert rows == expected
    assert set(re.findall(r"^\| `\[+(\w+)\]+` \|", text, flags=re.MULTILINE)) == DECLARED


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("worker = 2", "worker: Extra inputs are not permitted, got '2'"),
        ('workers = "many"', "workers: Input should be a valid integer"),
        ("workers = 0", "workers: Input should be greater than or equal to 1, got '0'"),
        ("plate_threshold = 2", "plate_threshold"),
        ("workers = ", "Invalid value"),
        ("[[stations]]\nid = 'x'", "stations.0.name: Field required"),
        ("[agency]\nid = 'a b'", "agency.id: Value error, expected 1 to 60 characters"),
        ("[agency]\nname = 'x'", "agency.name: Extra inputs are not permitted"),
        ("[[partners]]\nid = 'x'\nkeys = []", "partners.0.keys"),
        ("[[partners]]\nid = 'x'\nkeys = [{ public = 'x' }]", "partners.0.keys.0.public: Value error"),
        ("archive_after_days = 92", "archive_after_days: expected 0 or at least 93"),
        (
            "archive_after_days = 62\n[schedule]\nlate_days = 1",
            "archive_after_days: expected 0 or at least 63",
        ),
        (
            f"[[partners]]\nid = 'here'\nkeys = [{{ public = '{'A' * 43}=' }}]",
            "partners: id here stands more",
        ),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    assert str(caught.value).startswith(str(path))
    assert complaint in str(caught.value)


REGISTRY = """[[registries]]
name = "zhejiang"
kind = "zhejiang"
url = "https://registry.invalid"
plates = ["浙"]
secret_file = "zhejiang.secret"
"""


def test_the_example_of_a_registry_in_the_shipped_file_can_be_used(tmp_path: Path) -> None:
    text = SHIPPED.read_text(encoding="utf-8").split("# [[registries]]\n")[1].split("\n\n")[0]
    lines = ["[[registries]]", *(line.removeprefix("# ") for line in text.splitlines())]
    path = tmp_path / "config.toml"
    path.write_text("\n".join(lines).replace('fallback = "national"', "").replace("…", "x"), encoding="utf-8")
    (registry,) = load_settings(path).registries
    assert registry.secret_file == tmp_path / "zhejiang.secret"
    known = set(type(registry).model_fields)
    assert known - {"secret_env"} == {line.split(" = ")[0] for line in lines[1:]}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("https:", "http:"), "expected https (http only on loopback)"),
        (("plates", "plate"), "registries.0.plate: Extra inputs"),
        (('kind = "zhejiang"', 'kind = "hunan"'), "registries.0.kind"),
        (("secret_file", 'fallback = "nobody"\nsecret_file'), "fallback 'nobody' is not declared"),
    ],
)
def test_a_wrong_registry_is_named(tmp_path: Path, change: tuple[str, str], complaint: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(REGISTRY.replace(*change), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    assert str(caught.value).startswith(str(path))
    assert complaint in str(caught.value)


def test_two_registries_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(REGISTRY + REGISTRY, encoding="utf-8")
    with pytest.raises(ConfigError, match="name zhejiang stands more than once"):
        load_settings(path)


def test_a_variable_overrides_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ZHICHAO_WORKERS", "5")
    monkeypatch.setenv("ZHICHAO_DATA_DIR", str(tmp_path))
    settings = load_settings(SHIPPED)
    assert (settings.workers, settings.data_dir) == (5, tmp_path)
    assert settings.url == f"sqlite:///{tmp_path}/zhichao.sqlite"


def test_a_station_by_id_or_by_file(tmp_path: Path) -> None:
    settings = load_settings(SHIPPED)
    path = tmp_path / "mine.toml"
    text = SHIPPED.read_text(encoding="utf-8").split("# For trying real files")[1].split("\n", 1)[1]
    path.write_text(
        text.replace("[[stations]]\n", "").replace("[[stations.", "[[").replace("hs-sample", "mine"),
        encoding="utf-8",
    )
    assert settings.station(str(path)).id == "mine"
    with pytest.raises(
        ConfigError, match=r"'nowhere' is not declared .declared: sim-pinghu, sim-jinshan, hs-sample"
    ):
        settings.station("nowhere")
    path.write_text("id = 'x'\nsurprise = 1", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"mine.toml: surprise: Extra inputs"):
        settings.station(str(path))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"id": "../up"}, "plain name"),
        ({"id": "a/b"}, "plain name"),
        ({"id": ""}, "plain name"),
        ({"id": "a\nb"}, "plain name"),
        ({"timezone": "Asia/Nowhere"}, "timezone"),
        ({"format": "magic"}, "format"),
        ({"format": "mapped_csv"}, "needs the table mapped_csv"),
        ({"province": "江苏"}, "province"),
        ({"lanes": []}, "lanes"),
        ({"frame_pattern": r"(?P<time>\d+)"}, "missing kind, lane"),
        ({"frame_pattern": "("}, "frame_pattern"),
    ],
)
def test_a_wrong_station_is_refused(
    change: dict[str, object], complaint: str, make_station: Callable[..., Station]
) -> None:
    with pytest.raises(ValueError, match=r"validation error") as caught:
        make_station(**change)
    assert complaint in str(caught.value)


def test_a_certificate_that_ends_before_it_begins(make_station: Callable[..., Station]) -> None:
    given = make_station().certificates[0].model_dump()
    with pytest.raises(ValueError, match="valid_until 2020-12-31 lies before valid_from 2021-01-01"):
        Certificate.model_validate(given | {"valid_until": "2020-12-31"})


def test_several_machines_need_postgresql(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('scheduler = "tls://127.0.0.1:8786"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="PostgreSQL"):
        load_settings(path)
    url = 'database_url = "postgresql+psycopg://db/zhichao"\n'
    path.write_text(f"{path.read_text(encoding='utf-8')}{url}", encoding="utf-8")
    assert load_settings(path).scheduler
