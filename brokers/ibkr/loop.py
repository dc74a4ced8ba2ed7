"""An event loop in a thread of its own: the client library lives there, and everybody waits for it with a bound."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
_GRACE_S = 2.0  # beyond the bound that the coroutine itself has


class LoopThread:
    """Runs coroutines one after the other or together; the caller's thread waits."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T], within_s: float) -> T:
        """The coroutine's result.

        raises    TimeoutError where it took longer, and whatever it raises
        """
        waiting = asyncio.run_coroutine_threadsafe(asyncio.wait_for(work, within_s), self._loop)
        try:
            return waiting.result(within_s + _GRACE_S)
        except concurrent.futures.TimeoutError as error:
            waiting.cancel()
            raise TimeoutError from error

    def close(self) -> None:
        """End the loop and its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_GRACE_S)
        if not self._thread.is_alive():
            self._loop.close()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
