"""Reading `tieout.toml`, `.env` and the environment. What they may say is decided in `tieout/config.py`."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from tieout.config import FILE, parse_settings
from tieout.errors import ConfigError
from tieout.settings import Settings

CONFIG = "TIEOUT_CONFIG"


def load_settings(path: Path | None = None) -> Settings:
    """The settings of this moment: file, then `.env` beside it, then the environment, the later one going first.

    path      the file; None means TIEOUT_CONFIG, or `tieout.toml` in the working folder, which may be absent
    raises    ConfigError for a file that is named and not there, cannot be read, or says something wrong
    """
    file = settings_file(path)
    env = environment(path)
    if not file.is_file():
        if path is not None or os.environ.get(CONFIG):
            raise ConfigError(f"{file}: no such file; `tieout init` writes one, {CONFIG} names another")
        return parse_settings({}, env)
    return parse_settings(_read_toml(file), env, place=str(file) if file.name != FILE else FILE)


def settings_file(path: Path | None = None) -> Path:
    """Where the settings stand, whether the file exists or not."""
    return path or Path(os.environ.get(CONFIG) or FILE)


def environment(path: Path | None = None) -> dict[str, str]:
    """The environment with `.env` beneath it; `os.environ` itself is never changed, so no child process inherits a key.

    raises    ConfigError for a `.env` that is not UTF-8 or cannot be read
    """
    return {**_read_dotenv(settings_file(path).parent / ".env"), **os.environ}


def _read_toml(file: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(file.read_bytes().decode("utf-8-sig"), parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: not valid TOML: {error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error


def _read_dotenv(file: Path) -> dict[str, str]:
    if not file.is_file():
        return {}
    from dotenv import dotenv_values

    try:
        # without interpolation: a secret may hold `${`
        found = dotenv_values(file, interpolate=False, encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        # the bytes around it may be a secret: neither shown nor chained
        raise ConfigError(f"{file}: not UTF-8 at byte {error.start}; save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error
    return {name: value for name, value in found.items() if value is not None}
