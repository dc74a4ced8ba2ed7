"""`file:PATH`: one secret with its versions in one encrypted file, opened with a passphrase or a key file.

AES-256-GCM; from a passphrase the key is made by scrypt with a salt of its own in each file. The file is replaced by
rename, so a crash leaves the old one or the new one. A file that others can read is refused, encrypted or not: whoever
can read it can try passphrases on it.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tasks.secrets.base import VaultSource
from tasks.secrets.modes import PRIVATE, require_private
from tasks.settings import environment, settings_file
from tieout.errors import ConfigError, SecretSourceError

PASSPHRASE, KEY_FILE = "TIEOUT_SECRETS_PASSPHRASE", "TIEOUT_SECRETS_KEY_FILE"
KEY_BYTES = 32
_NONCE, _SALT = 12, 16
_COST = {"n": 2**15, "r": 8, "p": 1}  # 32 MiB and about a tenth of a second; stands in the file, so it may grow
_MOST_MEMORY = 2**28  # bytes; a file that asks for more was not written by us
_FORMAT = "tieout-secret-1"


class FileSource(VaultSource):
    """One encrypted file; a relative path begins at the folder of the settings."""

    def __init__(self, reference: str, path: str) -> None:
        super().__init__(reference)
        self._path = settings_file().parent / Path(path).expanduser()

    def load(self) -> str | None:
        if not self._path.exists():
            return None
        require_private(self._path)
        try:
            text = self._path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SecretSourceError(f"{self._path}: cannot be read ({type(error).__name__})") from None
        return _opened(text, self._path)

    def save(self, text: str) -> None:
        sealed = _sealed(text)
        try:
            _replace(self._path, sealed)
        except OSError as error:
            raise SecretSourceError(f"{self._path}: cannot be written ({error.strerror})") from None


def new_key() -> str:
    """What a key file holds."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _sealed(text: str) -> str:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    header: dict[str, Any] = {"format": _FORMAT, "nonce": _text(secrets.token_bytes(_NONCE))}
    if environment().get(KEY_FILE):
        header["key"] = "file"
    else:
        header |= {"key": "scrypt", "salt": _text(secrets.token_bytes(_SALT)), **_COST}
    sealed = AESGCM(_key(header, None)).encrypt(_bytes(header["nonce"]), text.encode(), _bound(header))
    return json.dumps(header | {"sealed": _text(sealed)}, indent=1) + "\n"


def _opened(text: str, path: Path) -> str:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        header = json.loads(text)
        sealed, nonce = _bytes(header.pop("sealed")), _bytes(header["nonce"])
        if header["format"] != _FORMAT:
            raise ConfigError(f"{path}: written by another version of tieout")
        key = _key(header, path)
        return AESGCM(key).decrypt(nonce, sealed, _bound(header)).decode()
    except InvalidTag:
        raise ConfigError(f"{path}: the passphrase or key file is not the one it was written with") from None
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        raise ConfigError(
            f"{path}: is no file of secrets; `tieout credentials set` writes one. A secret in plain text does not "
            "belong into a file"
        ) from None


def _key(header: Mapping[str, Any], path: Path | None) -> bytes:
    env = environment()
    if header["key"] == "file":
        return _key_of_file(env.get(KEY_FILE, ""), path)
    phrase = env.get(PASSPHRASE, "")
    if not phrase:
        raise ConfigError(f"{path or 'a file of secrets'}: set {KEY_FILE} or {PASSPHRASE} to open it")
    return _derived(phrase, header)


def _derived(phrase: str, header: Mapping[str, Any]) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    cost = {name: int(header[name]) for name in _COST}
    if cost["n"] * cost["r"] * 128 > _MOST_MEMORY:
        raise ValueError("cost")
    return Scrypt(salt=_bytes(header["salt"]), length=KEY_BYTES, **cost).derive(phrase.encode())


def _key_of_file(name: str, path: Path | None) -> bytes:
    if not name:
        raise ConfigError(f"{path}: was written with a key file: name it in {KEY_FILE}")
    file = Path(name).expanduser()
    if not file.is_file():
        raise ConfigError(f"{KEY_FILE}: {file} is no file")
    require_private(file)
    try:
        key = _bytes(file.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigError(f"{KEY_FILE}: {file} does not hold {KEY_BYTES} bytes in base64")
    return key


def _bound(header: Mapping[str, Any]) -> bytes:
    """What is authenticated with the secret: nobody can weaken the header unnoticed."""
    return json.dumps(header, sort_keys=True).encode()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
