"""Threads of the watch: a venue or channel that hangs holds up its own jobs and nobody else's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Generic, TypeVar

T = TypeVar("T")


class Worker(Generic[T]):
    """One thread that does jobs one after the other. A job whose last run has not ended, or was not taken, waits."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._jobs: dict[str, Future[T]] = {}

    def begin(self, key: str, job: Callable[[], T]) -> bool:
        """Start a job; False where the one of that key is under way."""
        if key in self._jobs:
            return False
        self._jobs[key] = self._pool.submit(job)
        return True

    def finished(self) -> Iterator[tuple[str, Future[T]]]:
        """Jobs that ended since this was last asked."""
        for key, job in list(self._jobs.items()):
            if job.done():
                del self._jobs[key]
                yield key, job

    def settle(self) -> None:
        """Wait for what is under way."""
        wait(list(self._jobs.values()))

    def stop(self, *, cancel: bool = True) -> None:
        """Begin nothing more, and wait for what is under way: it may have to do with an order.

        cancel    forget what waits for its turn
        """
        self._pool.shutdown(wait=True, cancel_futures=cancel)
