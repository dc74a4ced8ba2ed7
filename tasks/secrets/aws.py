"""`aws:SECRET-ID`: AWS Secrets Manager, with its own versions and staging labels.

Each of our versions carries a label of its own beside AWS's `AWSCURRENT`, which is what everybody else reads: switching
moves that label, and moving it back is the way back. Region, endpoint and the right to ask come from the usual AWS
environment, profile or instance role.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from tieout.errors import ConfigError, SecretSourceError
from tieout.secret import Secret, read_secret, secret_text

T = TypeVar("T")
CURRENT = "AWSCURRENT"
_AWS = "AWS"  # labels that begin so are Amazon's
_THROTTLED = frozenset({"ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded"})
_DENIED = frozenset({"AccessDeniedException", "UnrecognizedClientException", "InvalidClientTokenId", "ExpiredToken"})
_ABSENT = "ResourceNotFoundException"


class AwsSource:
    """One secret of one region."""

    writable = True

    def __init__(self, reference: str, secret_id: str) -> None:
        self._reference = reference
        self._id = secret_id

    @property
    def reference(self) -> str:
        """As the settings have it."""
        return self._reference

    def read(self, version: str | None = None) -> Secret:
        stage = CURRENT if version is None else self._stage_of(version)
        answer = self._asked(lambda aws: aws.get_secret_value(SecretId=self._id, VersionStage=stage))
        if answer is None or not isinstance(answer.get("SecretString"), str):
            what = "nothing is stored there" if version is None else f"version {version} is not stored"
            raise ConfigError(f"{self._reference}: {what}")
        return read_secret(answer["SecretString"], self._reference)

    def current(self) -> str | None:
        stages = self._stages()
        return next((_name(each, number) for number, each in stages.items() if CURRENT in each), None)

    def versions(self) -> tuple[str, ...]:
        return tuple(_name(each, number) for number, each in self._stages().items())

    def store(self, version: str, secret: Secret) -> None:
        """Keep a version; the first one of a secret that does not exist yet is current at once, as AWS has it."""
        if version in self.versions() and dict(self.read(version).parts) == dict(secret.parts):
            return  # a version is never overwritten there: the same again would be another one
        text = secret_text(secret)
        token = str(uuid.uuid4())

        def put(aws: Any) -> Any:
            return aws.put_secret_value(
                SecretId=self._id, ClientRequestToken=token, SecretString=text, VersionStages=[version]
            )

        if self._asked(put) is None:
            self._asked(lambda aws: aws.create_secret(Name=self._id, ClientRequestToken=token, SecretString=text))
            self._asked(lambda aws: _move(aws, self._id, version, token, None))

    def promote(self, version: str) -> None:
        stages = self._stages()
        to = next((number for number, each in stages.items() if _name(each, number) == version), None)
        if to is None:
            raise ConfigError(f"{self._reference}: version {version} is not stored")
        holder = next((number for number, each in stages.items() if CURRENT in each), None)
        if holder == to:
            return
        if holder is not None and _name(stages[holder], holder) == holder:
            # a version that is not ours has Amazon's labels only, and would be deleted without one
            self._asked(lambda aws: _move(aws, self._id, f"v-{holder}", holder, None))
        self._asked(lambda aws: _move(aws, self._id, CURRENT, to, holder))

    def discard(self, version: str) -> None:
        stages = self._stages()
        number = next((number for number, each in stages.items() if _name(each, number) == version), None)
        if number is None:
            return
        if CURRENT in stages[number]:
            raise ConfigError(f"{self._reference}: version {version} is in use and cannot be discarded")
        if version in stages[number]:
            self._asked(lambda aws: _move(aws, self._id, version, None, number))

    def _stage_of(self, version: str) -> str:
        return f"v-{version}" if _is_number(version) else version

    def _stages(self) -> Mapping[str, list[str]]:
        """Staging labels by Amazon's version number, of versions that are in use or carry a label of ours."""
        answer = self._asked(lambda aws: aws.describe_secret(SecretId=self._id))
        found = (answer or {}).get("VersionIdsToStages") or {}
        return {number: each for number, each in found.items() if CURRENT in each or _ours(each)}

    def _asked(self, ask: Callable[[Any], T]) -> T | None:
        """What AWS says; None where there is no such secret or version."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return ask(_client(self._reference))
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", "unknown"))
            if code == _ABSENT:
                return None
            raise _refused(self._reference, code) from None
        except BotoCoreError as error:
            name = type(error).__name__
            raise SecretSourceError(f"{self._reference}: AWS cannot be asked ({name})", retry=_passing(name)) from None


def _name(stages: list[str], number: str) -> str:
    """Our label of a version; Amazon's number where it is not ours."""
    ours = _ours(stages)
    return number if not ours else ours[0].removeprefix("v-") if ours[0] == f"v-{number}" else ours[0]


def _ours(stages: list[str]) -> list[str]:
    return [one for one in stages if not one.startswith(_AWS)]


def _is_number(version: str) -> bool:
    try:
        uuid.UUID(version)
    except ValueError:
        return False
    return True


def _move(aws: Any, secret_id: str, stage: str, to: str | None, away_from: str | None) -> Any:
    moved = {"MoveToVersionId": to, "RemoveFromVersionId": away_from}
    given = {name: value for name, value in moved.items() if value is not None}
    return aws.update_secret_version_stage(SecretId=secret_id, VersionStage=stage, **given)


def _client(reference: str) -> Any:
    try:
        import boto3
        from botocore.config import Config
    except ImportError:
        raise SecretSourceError(f"{reference}: boto3 is not installed: pip install 'tieout[aws]'") from None
    patience = Config(connect_timeout=5, read_timeout=10, retries={"max_attempts": 3, "mode": "standard"})
    return boto3.client("secretsmanager", config=patience)


def _refused(reference: str, code: str) -> SecretSourceError:
    if code in _THROTTLED:
        return SecretSourceError(f"{reference}: AWS throttles us ({code}); it is asked again later", retry=True)
    if code in _DENIED:
        rights = "secretsmanager:GetSecretValue, DescribeSecret, PutSecretValue and UpdateSecretVersionStage"
        return SecretSourceError(f"{reference}: AWS refuses us ({code}); the role needs {rights} on this secret")
    return SecretSourceError(f"{reference}: AWS answered {code}", retry=code.startswith("Internal"))


def _passing(name: str) -> bool:
    """Whether an error of the client may pass by itself; a missing region or credential does not."""
    return name not in {"NoRegionError", "NoCredentialsError", "PartialCredentialsError", "ProfileNotFound"}
