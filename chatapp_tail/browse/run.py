"""The screen in the main thread, which signals strike, and the loop beside it in a thread."""

import gc
import signal
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from chatapp_tail.browse.app import BrowseApp
from chatapp_tail.browse.services import Services
from chatapp_tail.browse.terminal import handlers_kept, terminal_kept
from chatapp_tail.errors import ChatAppTailError

T = TypeVar("T")

# How long the loop gets to end after the screen was left, in seconds. What doesn't end by then, a
# read from a pipe for one, dies with the process.
_END_TIMEOUT = 2.0


class _Loop(Generic[T]):
    """The loop's thread, and what came of it."""

    def __init__(self, services: Services, run: Callable[[], T]) -> None:
        self._services = services
        self._run = run
        self._result: T | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="loop", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def result(self, otherwise: T) -> T:
        """Return what it returned, ``otherwise`` if it doesn't end. Raises what it raised."""
        if self._thread.ident is not None:  # a screen that was left at once starts none
            self._thread.join(_END_TIMEOUT)
        if self._error is not None:
            raise self._error
        return otherwise if self._result is None else self._result

    def _work(self) -> None:
        try:
            self._result = self._run()
        except ChatAppTailError as exc:
            self._error = exc
            self._services.status.error(exc)
        except BaseException as exc:  # noqa: BLE001 (raised again in the main thread)
            self._error = exc
        self._services.feed.end(self._services.status.masked(_ending(self._error)))


def beside(
    services: Services, run: Callable[[], T], *, leave: Callable[[], None], otherwise: T
) -> T:
    """Show the screen until it is left, with ``run`` in a thread; return what that returned.

    ``leave`` is called then, and has ``run`` end soon; where that doesn't, ``otherwise`` is
    returned. Raises what ``run`` raises, after the screen was left.
    """
    loop = _Loop(services, run)
    # A file is read as fast as can be, and would keep the first screen waiting.
    app = BrowseApp(services, on_drawn=None if services.follows else loop.start)
    gc.freeze()  # what is loaded stays: no key is to wait while it is searched for garbage
    try:
        with (
            terminal_kept(services.signals),
            handlers_kept(),
            services.status.redirected(services.feed),
        ):
            if services.follows:
                loop.start()
            app.run()
    finally:
        if app.is_interrupted and services.signals.received is None:
            services.signals.receive(signal.SIGINT)
        leave()
    if app.failure is not None:
        raise app.failure
    return loop.result(otherwise)


def _ending(error: BaseException | None) -> str:
    match error:
        case None:
            return "the end"
        case ChatAppTailError():
            return error.message
        case _:
            return type(error).__name__
