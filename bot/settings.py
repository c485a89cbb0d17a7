"""Every setting of the program, read in one place: the environment first, then a file `.env` beside it.

Nothing else reads the environment; everything below `bot/` gets what it needs as arguments. A wrong value is one plain
sentence that names the variable and what it must be, and never repeats the value, which may be a secret.
docs/settings.md has the same table for operators; a test holds the two together.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from channels.phone import is_e164

TWILIO = "https://api.twilio.com"
LOOPBACK = "127.0.0.1"

# The demo's own keys. They protect nothing and need not: the demo listens on this machine alone, texts nobody, and a
# program that is not the demo refuses them.
DEMO_KEYS: Mapping[str, str] = {
    "secret_key": "demo-only-secret-key-that-protects-nothing",
    "data_keys": "ZGVtby1vbmx5LWRhdGEta2V5LXByb3RlY3RzLW5vbmU=",
    "index_key": "demo-only-index-key-that-protects-nothing",
}
DEMO_TWILIO: Mapping[str, str] = {
    "twilio_account_sid": "AC" + "0" * 32,
    "twilio_auth_token": "demo-only-auth-token",
}

_ACCOUNT = re.compile(r"AC[0-9A-Za-z]{32}")
_SHORTEST_SECRET = 32
_MOST_TOKENS = 2  # the one in use, and while it is replaced the other
_MAKE_RANDOM = 'make one with: python3 -c "import secrets; print(secrets.token_hex(32))"'
_MAKE_DATA_KEY = (
    'make one with: python3 -c "import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())"'
)
_DEMO_DATABASE = "sqlite:///var/demo.db"
_LOOPBACK_HOSTS = {"127.0.0.1", "localhost", "::1"}


class SettingsError(Exception):
    """The settings do not hold. ``faults`` has a plain sentence for each; the message has them one a line."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _database(value: str) -> str:
    scheme = urlsplit(value).scheme.partition("+")[0]
    if scheme not in {"sqlite", "postgres", "postgresql"}:
        raise ValueError
    return value


def _secret(value: str) -> str:
    if 0 < len(value) < _SHORTEST_SECRET:
        raise ValueError
    return value


def _auth_tokens(value: object) -> object:
    tokens = _split(value)
    if isinstance(tokens, tuple) and len(tokens) > _MOST_TOKENS:
        raise ValueError
    return tokens


def _data_keys(value: object) -> object:
    keys = _split(value)
    if isinstance(keys, tuple):
        for key in keys:
            Fernet(key)
    return keys


def _web_address(value: str) -> str:
    """An http(s) address without query, fragment or credentials (Twilio drops these from what it signs)."""
    if not value:
        return value
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError
    if parts.port == 0:
        raise ValueError
    return value.rstrip("/")


def _api_base(value: str) -> str:
    address = _web_address(value)
    if not address.startswith("https://") and not _on_loopback(address):
        raise ValueError
    return address


def _account(value: str) -> str:
    if value and not _ACCOUNT.fullmatch(value):
        raise ValueError
    return value


def _mail_server(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in {"smtp", "smtps"} or not parts.hostname):
        raise ValueError
    return value


def _mail_address(value: str) -> str:
    if value and not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        raise ValueError
    return value


def _phone_number(value: str) -> str:
    if value and not is_e164(value):
        raise ValueError
    return value


def _variable(default: Any, description: str, expects: str) -> Any:
    """A field whose wrong value is told as "NAME must be <expects>."."""
    return Field(default=default, description=description, json_schema_extra={"expects": expects}, repr=False)


class Settings(BaseSettings):
    """The settings of one process. Fields carry the names of the environment variables, in lower case."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )

    database_url: Annotated[str, BeforeValidator(_database)] = _variable(
        "sqlite:///var/immunotext.db",
        "Where the data are. In the demo the default is `sqlite:///var/demo.db`.",
        "sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME",
    )
    secret_key: Annotated[str, BeforeValidator(_secret)] = _variable(
        "", "Signs the sessions of staff.", "at least 32 characters that nobody can guess"
    )
    data_keys: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_data_keys)] = _variable(
        (),
        "Encrypts phone numbers, names and words of texts; several with commas, the newest first.",
        "Fernet keys (32 bytes in URL-safe base64), with commas between them, the newest first",
    )
    index_key: Annotated[str, BeforeValidator(_secret)] = _variable(
        "",
        "Finds a phone number without storing it readably. It is never changed: an opt-out must be found for ever.",
        "at least 32 characters that nobody can guess",
    )
    public_url: Annotated[str, BeforeValidator(_web_address)] = _variable(
        "",
        "The address under which Twilio reaches this program; signatures are checked against it. The demo's default is `http://127.0.0.1:PORT`.",
        "an http or https address without user name, query or fragment, such as https://texts.example.org",
    )
    twilio_account_sid: Annotated[str, BeforeValidator(_account)] = _variable(
        "", "The one Twilio account of this installation.", "the account's SID: AC and 32 letters or digits"
    )
    twilio_auth_token: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_auth_tokens)] = _variable(
        (),
        "The account's auth token; two with a comma while rotating, the first is the one that is called with.",
        "one auth token, or two with a comma between them",
    )
    twilio_api_base: Annotated[str, BeforeValidator(_api_base)] = _variable(
        TWILIO,
        "Where Twilio's API is; a test or a regional edge sets it.",
        "an https address, such as https://api.twilio.com; http only on this machine",
    )
    smtp_url: Annotated[str, BeforeValidator(_mail_server)] = _variable(
        "", "The mail server for alerts to staff.", "smtp://USER:PASSWORD@HOST:PORT or smtps://USER:PASSWORD@HOST:PORT"
    )
    mail_from: Annotated[str, BeforeValidator(_mail_address)] = _variable(
        "", "The sender of mail to staff.", "a mail address, such as texts@example.org"
    )
    operator_phone: Annotated[str, BeforeValidator(_phone_number)] = _variable(
        "", "The operator's phone, which is texted when something is wrong.", "a number such as +12025550143"
    )
    operator_email: Annotated[str, BeforeValidator(_mail_address)] = _variable(
        "",
        "The operator's mail address, which is written to when something is wrong.",
        "a mail address, such as it@example.org",
    )
    metrics_token: str = _variable(
        "", "Lets a caller from elsewhere read /metrics (`Authorization: Bearer TOKEN`).", "a text"
    )
    baa_signed: bool = _variable(
        False,
        "Says that a business associate agreement with Twilio is signed (patients in the United States).",
        "1 or 0",
    )
    host: str = _variable(
        LOOPBACK, "The address to listen on. The demo listens on 127.0.0.1 whatever it says.", "a text"
    )
    port: Annotated[int, Field(ge=1, le=65535)] = _variable(8000, "The port.", "a whole number from 1 to 65535")
    demo: bool = _variable(
        False,
        "1 starts the demo: this machine only, its own keys, a phone on the screen instead of Twilio.",
        "1 or 0",
    )
    var_dir: Path = _variable(
        Path("var"), "The folder for what this host keeps: `clinics.json` and the spool.", "the path of a folder"
    )

    @model_validator(mode="before")
    @classmethod
    def _demo_has_its_own(cls, values: dict[str, Any]) -> dict[str, Any]:
        try:
            demo = TypeAdapter(bool).validate_python(values.get("demo", False))
        except ValidationError:
            return values  # told as the fault of DEMO itself
        if not demo:
            return values
        return {"database_url": _DEMO_DATABASE, **DEMO_TWILIO, **values, **DEMO_KEYS, "host": LOOPBACK}

    @model_validator(mode="after")
    def _demo_stays_here(self) -> Self:
        if self.demo and self.twilio_api_base != TWILIO and not _on_loopback(self.twilio_api_base):
            message = "TWILIO_API_BASE must be on this machine, such as http://127.0.0.1:4010, while DEMO is on."
            raise ValueError(message)
        return self

    @property
    def public_address(self) -> str:
        """The address that Twilio calls and signs, without a slash at its end; the demo's own when none is set."""
        return self.public_url or (f"http://{LOOPBACK}:{self.port}" if self.demo else "")

    @property
    def simulated(self) -> bool:
        """Texts go to the phone on the screen and nowhere else."""
        return self.demo and self.twilio_api_base == TWILIO

    def missing_for_data(self) -> tuple[str, ...]:
        """A sentence for each key without which patients' data can be neither written nor read."""
        missing = []
        if not self.data_keys:
            missing.append(f"DATA_KEYS is missing; {_MAKE_DATA_KEY}")
        if not self.index_key:
            missing.append(f"INDEX_KEY is missing; {_MAKE_RANDOM}")
        return tuple(missing)

    def missing_for_service(self) -> tuple[str, ...]:
        """A sentence for each setting without which `serve` and `scheduler` must not start."""
        missing = list(self.missing_for_data())
        if self.demo:
            return tuple(missing)
        if not self.secret_key:
            missing.append(f"SECRET_KEY is missing; {_MAKE_RANDOM}")
        missing += [
            f"{name.upper()} has the demo's own value, which everyone knows; make a new one."
            for name, value in DEMO_KEYS.items()
            if value in getattr(self, name)
        ]
        if not self.public_url:
            missing.append("PUBLIC_URL is missing: set the address under which Twilio reaches this program.")
        if not self.twilio_account_sid:
            missing.append("TWILIO_ACCOUNT_SID is missing: it stands on the first page of the Twilio console.")
        if not self.twilio_auth_token:
            missing.append("TWILIO_AUTH_TOKEN is missing: it stands on the first page of the Twilio console.")
        return tuple(missing)


def _on_loopback(address: str) -> bool:
    return urlsplit(address).hostname in _LOOPBACK_HOSTS


def load_settings(**given: Any) -> Settings:
    """The settings from the environment and `.env`; ``given`` stands before both (tests).

    Raises SettingsError with one sentence for each wrong value.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        raise SettingsError(tuple(dict.fromkeys(_sentence(dict(fault)) for fault in error.errors()))) from None
    except UnicodeDecodeError:
        raise SettingsError(("The file .env is not text in UTF-8; save it as that.",)) from None


def _sentence(fault: dict[str, Any]) -> str:
    if not fault["loc"]:
        return str(fault["ctx"]["error"])
    name = str(fault["loc"][0])
    extra = Settings.model_fields[name].json_schema_extra
    expects = extra["expects"] if isinstance(extra, dict) else "set"
    return f"{name.upper()} must be {expects}."
