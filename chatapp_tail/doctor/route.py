"""The way to the websocket server: name, TCP, TLS; or to the proxy that leads there."""

import errno
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from chatapp_tail.doctor.dependencies import Dependencies
from chatapp_tail.doctor.findings import Finding, Outcome, Step, failed, skipped, works
from chatapp_tail.errors import TransportError
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
_CHECK_PORT = "Check host and port in --socket-url, and whether a firewall is on the way."
_SOON_OVER = "Whoever runs the server must renew the certificate soon."
_SILENT_ADDRESS = "One of the host's addresses doesn't answer (IPv6?), and a tail may try it first."
# After these the next address is tried at once.
_HARMLESS = (errno.ECONNREFUSED, errno.ENETUNREACH)


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
        self._check_host = CHECK_PROXY if proxy else "Check --socket-url and the network."
        self._check_port = CHECK_PROXY if proxy else _CHECK_PORT
        self._context = context
        self._dependencies = dependencies
        self._timeout = dependencies.limits.connect
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
                finding = self._dependencies.timed(take)
                broken = step if finding.outcome is Outcome.FAILED else ""
                yield finding

    def close(self) -> None:
        """Close what is open."""
        if self._dialed is not None:
            self._dialed.socket.close()

    def _resolve(self) -> Finding:
        try:
            self._addresses = resolve(self._host, self._port, timeout=self._timeout)
        except (OSError, ValueError) as exc:  # ValueError: a name that can't be one
            reason = (isinstance(exc, OSError) and exc.strerror) or "it isn't a host's name"
            problem = f"{self._whose}{self._host} can't be found: {reason}"
            return _failed(Step.DNS, problem, self._check_host)
        names = list(dict.fromkeys(str(one.sockaddr[0]) for one in self._addresses))
        if names == [self._host]:
            return works(Step.DNS, f"{self._whose}{self._host} is an address")
        more = len(names) - _NAMED_ADDRESSES
        listed = ", ".join(names[:_NAMED_ADDRESSES]) + (f" and {more} more" if more > 0 else "")
        return works(Step.DNS, f"{self._whose}{self._host} is {listed}")

    def _connect(self) -> Finding:
        clock = self._dependencies.clock
        try:
            dialed = self._dialed = self._dependencies.bounded(
                lambda: connect_any(self._addresses, timeout=self._timeout, clock=clock),
                f"{self._whose}{self._host}",
                discard=lambda late: late.socket.close(),
            )
        except TransportError as exc:
            return failed(Step.TCP, exc, self._check_host)
        except TimeoutError as exc:
            return self._no_connection(self._addresses[0], exc)
        except DialError as exc:
            return self._no_connection(*exc.failures[0])
        # Not getpeername(): the other side may have hung up already.
        result = f"connected to {self._whose}{dialed.address}"
        for address, error in dialed.failures:
            if error.errno not in _HARMLESS:
                unreachable = _words(address, error)
                return works(Step.TCP, f"{result}, but not to {unreachable}", _SILENT_ADDRESS)
        return works(Step.TCP, result)

    def _no_connection(self, address: Address, error: OSError) -> Finding:
        problem = f"no connection to {self._whose}{_words(address, error)}"
        return _failed(Step.TCP, problem, self._check_port)

    def _secure(self) -> Finding:
        assert self._dialed is not None  # noqa: S101 (for mypy)
        plain = self._dialed.socket
        plain.settimeout(self._timeout)
        try:
            secure = self._dependencies.bounded(
                lambda: self._context.wrap_socket(plain, server_hostname=self._host),
                self._host,
                discard=lambda late: late.close(),
            )
        except (OSError, ValueError, TransportError) as exc:
            return self._no_tls(exc)
        finally:
            plain.close()
        with secure:
            return self._certificate(secure)

    def _no_tls(self, exc: Exception) -> Finding:
        next_step = "Check the port in --socket-url: is it the one for TLS?"
        match exc:
            case ssl.SSLCertVerificationError():
                problem = f"the certificate can't be trusted: {exc.verify_message}"
                next_step = _CERTIFICATE_STEPS.get(exc.verify_code, PRIVATE_CA)
            case TimeoutError():
                problem = f"no TLS in {self._timeout:g} s"
            case ssl.SSLError():
                problem = f"no TLS: {exc.reason or exc}"
                if exc.reason in NO_TLS:
                    next_step = "If the server speaks plain websockets, use ws:// in --socket-url."
                elif exc.reason in OLD_TLS:
                    next_step = TLS_TOO_OLD
            case _:
                problem = f"no TLS: {getattr(exc, 'strerror', None) or exc}"
        return _failed(Step.TLS, problem, next_step)

    def _certificate(self, secure: ssl.SSLSocket) -> Finding:
        certificate = secure.getpeercert() or {}
        ends_at = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
        left = ends_at - self._dependencies.clock.utcnow().timestamp()
        subject, issuer = (_common_name(certificate.get(key)) for key in ("subject", "issuer"))
        result = (
            f"{secure.version()}; certificate for {subject or self._host} by {issuer or 'nobody'}, "
            f"valid for {_days(left)}"
        )
        return works(Step.TLS, result, _SOON_OVER if left < _FEW_DAYS * _DAY else "")


def _failed(step: Step, problem: str, next_step: str) -> Finding:
    return failed(step, TransportError(problem), next_step)


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
