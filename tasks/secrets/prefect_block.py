"""`prefect:NAME`: a Secret block on the Prefect server, which keeps it encrypted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tasks.secrets.base import VaultSource
from tieout.errors import SecretSourceError

T = TypeVar("T")


class PrefectSource(VaultSource):
    """One Secret block, by its document name."""

    def __init__(self, reference: str, name: str) -> None:
        super().__init__(reference)
        self._name = name

    def load(self) -> str | None:
        from prefect.blocks.system import Secret as SecretBlock

        def read() -> str | None:
            try:
                value = SecretBlock.load(self._name, _sync=True).get()  # type: ignore[call-arg, union-attr]
            except ValueError as error:
                if "Unable to find block document" in str(error):
                    return None
                raise
            return value if isinstance(value, str) else _json(value)

        return self._asked(read)

    def save(self, text: str) -> None:
        from prefect.blocks.system import Secret as SecretBlock

        self._asked(lambda: SecretBlock(value=text).save(self._name, overwrite=True, _sync=True))  # type: ignore[call-arg]

    def _asked(self, ask: Callable[[], T]) -> T:
        import httpx
        from prefect.exceptions import PrefectException, PrefectHTTPStatusError

        try:
            return ask()
        except PrefectHTTPStatusError as error:
            status = error.response.status_code
            why = "the Prefect server refuses us" if status in (401, 403) else f"the Prefect server answered {status}"
            raise SecretSourceError(f"{self.reference}: {why}", retry=status >= 500) from None
        except (httpx.HTTPError, PrefectException, RuntimeError, OSError) as error:
            why = f"the Prefect server cannot be reached ({type(error).__name__})"
            raise SecretSourceError(f"{self.reference}: {why}", retry=True) from None
        except ValueError:  # its text may quote the block's content
            raise SecretSourceError(f"{self.reference}: is no Secret block that can be read") from None


def _json(value: object) -> str:
    """A block whose content was entered as JSON comes back as an object."""
    import json

    return json.dumps(value)
