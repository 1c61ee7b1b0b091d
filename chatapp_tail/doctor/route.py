"""The way to the websocket server: name, TCP, TLS; or to the proxy that leads there."""

import errno
import ssl
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from chatapp_tail.clock import Clock
from chatapp_tail.doctor.bounded import Bounded, TookTooLongError
from chatapp_tail.doctor.findings import Finding, Outcome, Step, skipped
from chatapp_tail.errors import ExitCode
from chatapp_tail.network import NO_TLS, OLD_TLS, proxy_for
from chatapp_tail.network.dial import Address, DialError, connect_any, resolve
from chatapp_tail.units import format_duration

if TYPE_CHECKING:
    import socket

_PORTS = {"ws": 80, "wss": 443, "http": 80}
# A certificate that ends sooner than this is worth a word, in days.
_FEW_DAYS = 14
_DAY = 86_400.0
_NAMED_ADDRESSES = 4
# X509_V_ERR_… of OpenSSL: what is wrong with a certificate decides what to do.
_NOT_YET_VALID, _EXPIRED, _WRONG_HOST = 9, 10, 62
_PRIVATE_CA = "For a private CA set SSL_CERT_FILE to its PEM file."
_CERTIFICATE_STEPS = {
    _NOT_YET_VALID: "Check this machine's clock.",
    _EXPIRED: "Whoever runs the server must renew it; check this machine's clock, too.",
    _WRONG_HOST: "Check the host in --socket-url: the certificate is for another name.",
}

# After these the next address is tried at once.
_HARMLESS = (errno.ECONNREFUSED, errno.ENETUNREACH)


class _Failure(NamedTuple):
    """What went wrong, and the next step."""

    result: str
    next_step: str


class _Success(NamedTuple):
    """What was found; a warning if there is a next step."""

    result: str
    next_step: str = ""


_Verdict = _Success | _Failure


class Route:
    """The steps to one server. Everything it opens is closed by ``close``."""

    def __init__(
        self,
        socket_url: str,
        *,
        context: ssl.SSLContext,
        clock: Clock,
        connect_timeout: float,
        bounded: Bounded,
    ) -> None:
        """``bounded`` is for each step as a whole. Raises ``UsageError``."""
        proxy = proxy_for(socket_url)
        parts = urlsplit(proxy or socket_url)
        self._host = parts.hostname or ""
        self._port = parts.port or _PORTS[parts.scheme]
        self._proxied = proxy is not None
        self._is_tls = urlsplit(socket_url).scheme == "wss"
        self._context = context
        self._clock = clock
        self._connect_timeout = connect_timeout
        self._bounded = bounded
        self._addresses: list[Address] = []
        self._connection: socket.socket | None = None

    def examine(self) -> Iterator[Finding]:
        """Yield the findings of DNS, TCP and TLS; after a failure the rest is skipped."""
        broken = ""
        for step, examine in (
            (Step.DNS, self._resolve),
            (Step.TCP, self._connect),
            (Step.TLS, self._secure),
        ):
            if broken:
                yield skipped(step, f"needs {broken}")
            elif step is Step.TLS and (reason := self._no_tls):
                yield skipped(step, reason)
            else:
                finding = self._measured(step, examine)
                broken = step if finding.outcome is Outcome.FAILED else ""
                yield finding

    def close(self) -> None:
        """Close what is open."""
        if self._connection is not None:
            self._connection.close()

    @property
    def _no_tls(self) -> str:
        if not self._is_tls:
            return "ws:// has none"
        return "inside the websocket step, through the proxy" if self._proxied else ""

    @property
    def _whose(self) -> str:
        return "the proxy " if self._proxied else ""

    @property
    def _what_to_check(self) -> str:
        if self._proxied:
            return "Check the proxy in the environment, or set NO_PROXY."
        return "Check --socket-url and the network."

    def _measured(self, step: Step, examine: Callable[[], _Verdict]) -> Finding:
        began_at = self._clock.now()
        try:
            verdict = examine()
        except TookTooLongError as exc:
            verdict = _Failure(f"{self._whose}{self._host}: {exc}", self._what_to_check)
        seconds = self._clock.now() - began_at
        if isinstance(verdict, _Failure):
            outcome, fault = Outcome.FAILED, ExitCode.CONNECTION
        else:
            outcome = Outcome.WARNING if verdict.next_step else Outcome.OK
            fault = ExitCode.OK
        return Finding(step, outcome, verdict.result, verdict.next_step, seconds, fault=fault)

    def _resolve(self) -> _Verdict:
        try:
            self._addresses = resolve(self._host, self._port, timeout=self._connect_timeout)
        except (OSError, ValueError) as exc:  # ValueError: a name that can't be one
            reason = (isinstance(exc, OSError) and exc.strerror) or "it isn't a host's name"
            result = f"{self._whose}{self._host} can't be found: {reason}"
            return _Failure(result, self._what_to_check)
        names = list(dict.fromkeys(str(one.sockaddr[0]) for one in self._addresses))
        more = len(names) - _NAMED_ADDRESSES
        listed = ", ".join(names[:_NAMED_ADDRESSES]) + (f" and {more} more" if more > 0 else "")
        if names == [self._host]:
            return _Success(f"{self._whose}{self._host} is an address")
        return _Success(f"{self._whose}{self._host} is {listed}")

    def _connect(self) -> _Verdict:
        try:
            dialed = self._bounded.run(
                lambda: connect_any(
                    self._addresses, timeout=self._connect_timeout, clock=self._clock
                ),
                discard=lambda late: late.socket.close(),
            )
        except TimeoutError as exc:
            return self._no_connection(self._addresses[0], exc)
        except DialError as exc:
            return self._no_connection(*exc.failures[0])
        self._connection = dialed.socket
        # Not getpeername(): the other side may have hung up already.
        result = f"connected to {self._whose}{dialed.address}"
        grave = [one for one in dialed.failures if one.error.errno not in _HARMLESS]
        if not grave:
            return _Success(result)
        return _Success(
            f"{result}, but not to {_words(*grave[0])}",
            "One of the host's addresses doesn't answer (IPv6?), and a tail may try it first.",
        )

    def _no_connection(self, address: Address, error: OSError) -> _Failure:
        words = _words(address, error)
        return _Failure(f"no connection to {self._whose}{words}", self._refused_step)

    @property
    def _refused_step(self) -> str:
        if self._proxied:
            return self._what_to_check
        return "Check host and port in --socket-url, and whether a firewall is on the way."

    def _secure(self) -> _Verdict:
        plain, self._connection = self._connection, None
        assert plain is not None  # noqa: S101 (for mypy)
        plain.settimeout(self._connect_timeout)
        try:
            secure = self._bounded.run(
                lambda: self._context.wrap_socket(plain, server_hostname=self._host),
                discard=lambda late: late.close(),
            )
        except (OSError, ValueError) as exc:
            return self._tls_failure(exc)
        finally:
            plain.close()
        with secure:
            return self._certificate(secure)

    def _tls_failure(self, exc: OSError | ValueError) -> _Failure:
        match exc:
            case ssl.SSLCertVerificationError():
                result = f"the certificate can't be trusted: {exc.verify_message}"
                return _Failure(result, _CERTIFICATE_STEPS.get(exc.verify_code, _PRIVATE_CA))
            case ssl.SSLError(reason=str(reason)) if reason in NO_TLS:
                return _Failure(
                    f"no TLS: {reason}",
                    "If the server speaks plain websockets, use ws:// in --socket-url.",
                )
            case ssl.SSLError(reason=str(reason)) if reason in OLD_TLS:
                return _Failure(
                    f"no TLS: {reason}",
                    "The server offers only versions of TLS that are no longer safe.",
                )
            case TimeoutError():
                result = f"no TLS in {self._connect_timeout:g} s"
            case ssl.SSLError():
                result = f"no TLS: {exc.reason or exc}"
            case _:
                result = f"no TLS: {getattr(exc, 'strerror', None) or exc}"
        return _Failure(result, "Check the port in --socket-url: is it the one for TLS?")

    def _certificate(self, secure: ssl.SSLSocket) -> _Verdict:
        certificate = secure.getpeercert() or {}
        ends_at = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
        left = ends_at - self._clock.utcnow().timestamp()
        subject, issuer = (_common_name(certificate.get(key)) for key in ("subject", "issuer"))
        result = (
            f"{secure.version()}; certificate for {subject or self._host} by {issuer or 'nobody'}, "
            f"valid for {_days(left)}"
        )
        if left < _FEW_DAYS * _DAY:
            return _Success(result, "Whoever runs the server must renew the certificate soon.")
        return _Success(result)


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
