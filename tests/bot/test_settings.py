"""What the environment may say, and what is said when it is wrong."""

from pathlib import Path

import pytest

from bot.settings import DEMO_KEYS, Settings, SettingsError, load_settings

DATA_KEY = "aW4tdGVzdHMtb25seS1hLWtleS1vZi0zMi1ieXRlcy0="
COMPLETE = {
    "SECRET_KEY": "s" * 32,
    "DATA_KEYS": DATA_KEY,
    "INDEX_KEY": "i" * 32,
    "PUBLIC_URL": "https://texts.example.org",
    "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
    "TWILIO_AUTH_TOKEN": "token",
}


@pytest.fixture(autouse=True)
def _nothing_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def settings_from(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> Settings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return load_settings()


def test_it_starts_on_loopback_with_a_file_under_var_when_nothing_is_set() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.database_url) == (
        "127.0.0.1",
        8000,
        "sqlite:///var/immunotext.db",
    )
    assert not settings.demo


def test_the_environment_stands_before_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=9000\nMETRICS_TOKEN=from-the-file\n")
    settings = settings_from(monkeypatch, {"PORT": "9001"})
    assert (settings.port, settings.metrics_token) == (9001, "from-the-file")


def test_two_auth_tokens_are_read_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings_from(monkeypatch, {"TWILIO_AUTH_TOKEN": "new, old"}).twilio_auth_token == ("new", "old")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "many"),
        ("PORT", "70000"),
        ("DEMO", "perhaps"),
        ("BAA_SIGNED", "soon"),
        ("TWILIO_AUTH_TOKEN", "one,two,three"),
        ("DATABASE_URL", "mysql://host/name"),
        ("DATA_KEYS", "hunter2"),
        ("SECRET_KEY", "hunter2"),
        ("INDEX_KEY", "hunter2"),
        ("PUBLIC_URL", "no-scheme.example.org"),
        ("PUBLIC_URL", "https://me:hunter2@texts.example.org"),
        ("PUBLIC_URL", "https://texts.example.org/?a=b"),
        ("PUBLIC_URL", "https://texts.example.org:port"),
        ("TWILIO_ACCOUNT_SID", "hunter2"),
        ("TWILIO_API_BASE", "ftp://hunter2"),
        ("SMTP_URL", "mail.example.org"),
        ("MAIL_FROM", "postbox"),
    ],
)
def test_a_wrong_value_is_one_plain_sentence_that_does_not_repeat_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        settings_from(monkeypatch, {name: value})
    (sentence,) = raised.value.faults
    assert sentence.startswith(f"{name} must be ")
    assert sentence.endswith(".")
    assert value not in sentence


def test_every_wrong_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError) as raised:
        settings_from(monkeypatch, {"PORT": "many", "MAIL_FROM": "texts"})
    assert [sentence.split()[0] for sentence in raised.value.faults] == ["MAIL_FROM", "PORT"]


def test_secrets_do_not_show_when_the_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "token" not in repr(settings_from(monkeypatch, COMPLETE)).replace("auth_token", "")


def test_complete_settings_lack_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings_from(monkeypatch, COMPLETE).missing_for_service() == ()


@pytest.mark.parametrize("name", sorted(COMPLETE))
def test_each_setting_that_the_service_needs_is_asked_for_by_name(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    without = {key: value for key, value in COMPLETE.items() if key != name}
    (sentence,) = settings_from(monkeypatch, without).missing_for_service()
    assert sentence.startswith(f"{name} is missing")


@pytest.mark.parametrize("name", sorted(DEMO_KEYS))
def test_the_keys_of_the_demo_are_refused_outside_it(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (sentence,) = settings_from(monkeypatch, {**COMPLETE, name.upper(): DEMO_KEYS[name]}).missing_for_service()
    assert sentence.startswith(f"{name.upper()} has the demo's own value")


def test_the_demo_stays_on_this_machine_with_keys_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_from(monkeypatch, {**COMPLETE, "DEMO": "1", "HOST": "0.0.0.0", "PORT": "8123"})
    assert settings.host == "127.0.0.1"
    assert settings.secret_key == DEMO_KEYS["secret_key"]
    assert settings.data_keys == (DEMO_KEYS["data_keys"],)
    assert settings.index_key == DEMO_KEYS["index_key"]
    assert settings.simulated


def test_the_demo_needs_no_other_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_from(monkeypatch, {"DEMO": "1", "PORT": "8123"})
    assert settings.missing_for_service() == ()
    assert settings.public_address == "http://127.0.0.1:8123"
    assert settings.database_url == "sqlite:///var/demo.db"


def test_the_demo_calls_only_a_twilio_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    here = settings_from(monkeypatch, {"DEMO": "1", "TWILIO_API_BASE": "http://127.0.0.1:4010"})
    assert not here.simulated
    with pytest.raises(SettingsError, match="TWILIO_API_BASE must be on this machine"):
        settings_from(monkeypatch, {"DEMO": "1", "TWILIO_API_BASE": "https://api.example.org"})


def test_the_page_for_operators_lists_every_setting_as_it_is() -> None:
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()
    for row in _table():
        assert row in page


def _table() -> list[str]:
    rows = []
    for name, field in Settings.model_fields.items():
        default = ", ".join(field.default) if isinstance(field.default, tuple) else field.default
        shown = {"": "", "False": "0"}.get(str(default), f"`{default}`")
        extra = field.json_schema_extra
        assert isinstance(extra, dict)
        rows.append(f"| `{name.upper()}` | {shown} | {field.description} | {extra['expects']} |")
    return rows
