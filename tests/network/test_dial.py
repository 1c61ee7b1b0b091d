import errno
import socket
import threading
from collections.abc import Iterator

import pytest

from chatapp_tail.clock import SystemClock
from chatapp_tail.network.dial import Address, DialError, connect_any, dial, resolve
from tests.network.given import black_hole, resolves_to

CLOCK = SystemClock()
HERE, THERE = "127.0.0.1", "127.0.0.2"


@pytest.fixture
def port() -> Iterator[int]:
    """Return a port on which 127.0.0.1 alone listens."""
    with socket.create_server((HERE, 0)) as listener:
        yield listener.getsockname()[1]


def address(host: str, port: int) -> Address:
    """Return an address as getaddrinfo gives it."""
    if ":" in host:
        return Address(socket.AF_INET6, (host, port, 0, 0))
    return Address(socket.AF_INET, (host, port))


def test_address_is_written_as_in_a_url() -> None:
    assert str(address(HERE, 80)) == "127.0.0.1:80"
    assert str(address("::1", 80)) == "[::1]:80"


def test_first_address_that_answers_is_taken(port: int) -> None:
    with black_hole(THERE, port):
        dialed = connect_any([address(HERE, port), address(THERE, port)], timeout=5.0, clock=CLOCK)
    with dialed.socket as connected:
        assert connected.getpeername() == (HERE, port)
        assert connected.gettimeout() is None
    assert (dialed.address, dialed.failures) == (address(HERE, port), ())


@pytest.mark.parametrize("dead", [THERE, "::1"])
def test_refusal_costs_no_time(port: int, dead: str) -> None:
    began_at = CLOCK.now()
    dialed = connect_any([address(dead, port), address(HERE, port)], timeout=5.0, clock=CLOCK)
    dialed.socket.close()
    assert CLOCK.now() - began_at < 0.2
    assert dialed.address == address(HERE, port)
    (failure,) = dialed.failures
    assert failure.address == address(dead, port)
    without_ipv6 = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
    assert failure.error.errno in (errno.ECONNREFUSED, *without_ipv6)


def test_address_without_an_answer_costs_a_quarter_of_a_second(port: int) -> None:
    began_at = CLOCK.now()
    with black_hole(THERE, port):
        dialed = connect_any([address(THERE, port), address(HERE, port)], timeout=5.0, clock=CLOCK)
    dialed.socket.close()
    assert 0.25 <= CLOCK.now() - began_at < 1.0
    (failure,) = dialed.failures
    assert failure.address == address(THERE, port)
    assert str(failure.error) == "no answer yet"


def test_error_names_each_address_that_failed() -> None:
    with socket.create_server((HERE, 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(DialError, match="Connection refused") as caught:
        connect_any([address(HERE, port), address(THERE, port)], timeout=5.0, clock=CLOCK)
    assert [str(each.address) for each in caught.value.failures] == [
        f"127.0.0.1:{port}",
        f"127.0.0.2:{port}",
    ]
    assert {each.error.errno for each in caught.value.failures} == {errno.ECONNREFUSED}


def test_addresses_that_never_answer_share_the_time() -> None:
    began_at = CLOCK.now()
    with black_hole(THERE) as port, pytest.raises(TimeoutError, match=r"^no answer in 0\.4 s$"):
        connect_any([address(THERE, port)] * 9, timeout=0.4, clock=CLOCK)
    assert 0.4 <= CLOCK.now() - began_at < 1.0


# Names


def test_host_is_resolved_and_dialed(port: int) -> None:
    dialed = dial("localhost", port, timeout=5.0)
    with dialed.socket as connected:
        assert connected.getpeername() == (HERE, port)


def test_unknown_host_is_an_error() -> None:
    with pytest.raises(socket.gaierror):
        dial("nobody.invalid", 1, timeout=5.0)


def test_families_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    resolves_to(monkeypatch, "::1", "::2", "::3", "10.0.0.1")
    hosts = [each.sockaddr[0] for each in resolve("two.test", 1, timeout=5.0)]
    assert hosts == ["::1", "10.0.0.1", "::2", "::3"]


def test_at_most_32_addresses_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    resolves_to(monkeypatch, *["10.0.0.1"] * 1000)
    assert len(resolve("many.test", 1, timeout=5.0)) == 32


def test_silent_name_server_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(5.0))
    began_at = CLOCK.now()
    with pytest.raises(socket.gaierror, match=r"no answer in 0\.1 s"):
        dial("slow.test", 1, timeout=0.1)
    over.set()
    assert CLOCK.now() - began_at < 1.0
