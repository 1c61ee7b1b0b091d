"""The way to the websocket server: name, TCP, TLS; or to the proxy that leads there."""

import errno
import ssl
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from chatapp_tail.doctor.dependencies import Dependencies, TookTooLongError
from chatapp_tail.doctor.findings import Finding, Outcome, Step, failed, skipped
from chatapp_tail.errors import ConnectionFailedError
from chatapp_tail.network import (
    CHECK_PROXY,
    NO_TLS,
    OLD_TLS,
    PRIVATE_CA,
    TLS_TOO_OLD,
    proxy_for,
)
from chatapp_tail.network.dial import Address, Dialed, DialError, connect_any, resolve
from chatapp_tail.units import format_duration

_PORTS = {"ws": 80, "wss": 443, "http": 80}
# A certificate that ends sooner than this is worth a warning, in days.
_FEW_DAYS = 14
_DAY = 86_400.0
_NAMED_ADDRESSES = 4
# X509_V_ERR_… of OpenSSL: what is wrong with a certificate decides what to do.
_NOT_YET_VALID, _EXPIRED, _WRONG_HOST = 9, 10, 62
_CERTIFICATE_STEPS = {
    _NOT_YET_VALID: "Check this machine's clock.",
    _EXPIRED: "Whoever runs the server must renew it; check this machine's clock, too.",
    _WRONG_HOST: "Check the host in --socket-url: the certificate is for another name.",
}
_SOON_OVER = "Whoever runs the server must renew the certificate soon."
_SILENT_ADDRESS = "One of the host's addresses doesn't answer (IPv6?), and a tail may try it first."
# After these the next address is tried at once.
_HARMLESS = (errno.ECONNREFUSED, errno.ENETUNREACH)

# What was found, and the next step where that is a warning.
_Found = tuple[str, str]


class Route:
    """The steps to one server. Everything it opens is closed by ``close``."""

    def __init__(
        self, socket_url: str, context: ssl.SSLContext, dependencies: Dependencies
    ) -> None:
        """Raise ``UsageError`` for a proxy that can't be used."""
        proxy = proxy_for(socket_url)
        parts = urlsplit(proxy or socket_url)
        self._host = parts.hostname or ""
        self._port = parts.port or _PORTS[parts.scheme]
        self._is_tls = urlsplit(socket_url).scheme == "wss"
        self._has_proxy = proxy is not None
        self._whose = "the proxy " if proxy else ""
        self._check_host = "Check --socket-url and the network."
        self._check_port = (
            "Check host and port in --socket-url, and whether a firewall is on the way."
        )
        if proxy:
            self._check_host = CHECK_PROXY
            self._check_port = self._check_host
        self._context = context
        self._clock = dependencies.clock
        self._connect_timeout = dependencies.limits.connect
        self._bounded = dependencies.bounded
        self._addresses: list[Address] = []
        self._dialed: Dialed | None = None

    def examine(self) -> Iterator[Finding]:
        """Yield the findings of DNS, TCP and TLS; after a failure the rest is skipped."""
        broken = ""
        for step, take in (
            (Step.DNS, self._resolve),
            (Step.TCP, self._connect),
            (Step.TLS, self._secure),
        ):
            if broken:
                yield skipped(step, f"needs {broken}")
            elif step is Step.TLS and not self._is_tls:
                yield skipped(step, "ws:// has none")
            elif step is Step.TLS and self._has_proxy:
                yield skipped(step, "inside the websocket step, through the proxy")
            else:
                finding = self._measured(step, take)
                broken = step if finding.outcome is Outcome.FAILED else ""
                yield finding

    def close(self) -> None:
        """Close what is open."""
        if self._dialed is not None:
            self._dialed.socket.close()

    def _measured(self, step: Step, take: Callable[[], _Found]) -> Finding:
        began_at = self._clock.now()
        try:
            result, next_step = take()
        except TookTooLongError as exc:
            error = ConnectionFailedError(
                f"{self._whose}{self._host}: {exc}", hint=self._check_host
            )
        except ConnectionFailedError as exc:
            error = exc
        else:
            outcome = Outcome.WARNING if next_step else Outcome.OK
            return Finding(step, outcome, result, next_step, self._clock.now() - began_at)
        return failed(step, error, error.hint, seconds=self._clock.now() - began_at)

    def _resolve(self) -> _Found:
        try:
            self._addresses = resolve(self._host, self._port, timeout=self._connect_timeout)
        except (OSError, ValueError) as exc:  # ValueError: a name that can't be one
            reason = (isinstance(exc, OSError) and exc.strerror) or "it isn't a host's name"
            raise ConnectionFailedError(
                f"{self._whose}{self._host} can't be found: {reason}", hint=self._check_host
            ) from exc
        names = list(dict.fromkeys(str(one.sockaddr[0]) for one in self._addresses))
        if names == [self._host]:
            return f"{self._whose}{self._host} is an address", ""
        more = len(names) - _NAMED_ADDRESSES
        listed = ", ".join(names[:_NAMED_ADDRESSES]) + (f" and {more} more" if more > 0 else "")
        return f"{self._whose}{self._host} is {listed}", ""

    def _connect(self) -> _Found:
        try:
            dialed = self._dialed = self._bounded(
                lambda: connect_any(
                    self._addresses, timeout=self._connect_timeout, clock=self._clock
                ),
                discard=lambda late: late.socket.close(),
            )
        except TimeoutError as exc:
            raise self._no_connection(self._addresses[0], exc) from exc
        except DialError as exc:
            raise self._no_connection(*exc.failures[0]) from exc
        # Not getpeername(): the other side may have hung up already.
        result = f"connected to {self._whose}{dialed.address}"
        grave = [one for one in dialed.failures if one.error.errno not in _HARMLESS]
        if not grave:
            return result, ""
        return f"{result}, but not to {_words(*grave[0])}", _SILENT_ADDRESS

    def _no_connection(self, address: Address, error: OSError) -> ConnectionFailedError:
        words = _words(address, error)
        return ConnectionFailedError(
            f"no connection to {self._whose}{words}", hint=self._check_port
        )

    def _secure(self) -> _Found:
        assert self._dialed is not None  # noqa: S101 (for mypy)
        plain = self._dialed.socket
        plain.settimeout(self._connect_timeout)
        try:
            secure = self._bounded(
                lambda: self._context.wrap_socket(plain, server_hostname=self._host),
                discard=lambda late: late.close(),
            )
        except (OSError, ValueError) as exc:
            raise self._tls_failure(exc) from exc
        finally:
            plain.close()
        with secure:
            return self._certificate(secure)

    def _tls_failure(self, exc: OSError | ValueError) -> ConnectionFailedError:
        next_step = "Check the port in --socket-url: is it the one for TLS?"
        match exc:
            case ssl.SSLCertVerificationError():
                problem = f"the certificate can't be trusted: {exc.verify_message}"
                next_step = _CERTIFICATE_STEPS.get(exc.verify_code, PRIVATE_CA)
            case TimeoutError():
                problem = f"no TLS in {self._connect_timeout:g} s"
            case ssl.SSLError():
                problem = f"no TLS: {exc.reason or exc}"
                if exc.reason in NO_TLS:
                    next_step = "If the server speaks plain websockets, use ws:// in --socket-url."
                elif exc.reason in OLD_TLS:
                    next_step = TLS_TOO_OLD
            case _:
                problem = f"no TLS: {getattr(exc, 'strerror', None) or exc}"
        return ConnectionFailedError(problem, hint=next_step)

    def _certificate(self, secure: ssl.SSLSocket) -> _Found:
        certificate = secure.getpeercert() or {}
        ends_at = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
        left = ends_at - self._clock.utcnow().timestamp()
        subject, issuer = (_common_name(certificate.get(key)) for key in ("subject", "issuer"))
        result = (
            f"{secure.version()}; certificate for {subject or self._host} by {issuer or 'nobody'}, "
            f"valid for {_days(left)}"
        )
        return result, _SOON_OVER if left < _FEW_DAYS * _DAY else ""


def _words(address: Address, error: OSError) -> str:
    return f"{address}: {error.strerror or error}"


def _common_name(name: object) -> str:
    """Return a certificate's subject or issuer in a few words: common name, else organization."""
    parts = dict(pair for part in name for pair in part) if isinstance(name, tuple) else {}
    return str(parts.get("commonName") or parts.get("organizationName") or "")


def _days(seconds: float) -> str:
    if seconds < 2 * _DAY:
        return format_duration(seconds)
    return f"{seconds / _DAY:.0f} days"
