"""Many channels on one connection, and an API that throttles, fails or refuses."""

import gc
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest

from chatapp_tail.account.tokens import FileToken
from chatapp_tail.errors import ExitCode
from tests.personalities.running import Run, event, open_run, server_does, signed
from tests.support.credentials import TOKEN
from tests.support.fakes import FakeAuthorizations
from tests.support.loopback_http import Answer, AuthEndpoint, AuthRequest
from tests.support.personalities import LWS1, LWS2, REVERB, Connection

CHANNELS = tuple(f"private-v1.licenses.{n}.messengers.telegram" for n in range(1, 301))
OTHER_TOKEN = TOKEN[::-1]
KIB = 1024


def test_reconnect_in_the_middle_drops_what_was_asked_for_the_lost_connection(
    endpoint: AuthEndpoint,
) -> None:
    sockets: list[str] = []
    channels: list[str] = []

    def decide(asked: AuthRequest) -> Answer:
        sockets.append(asked.socket_id)
        channels.append(asked.channel)
        return signed(endpoint, asked)

    endpoint.decide = decide
    with open_run(LWS1, endpoint, channels=CHANNELS) as run:

        def confirmed(connection: Connection, _channel: str) -> None:
            if len(connection.confirmed) == 10:
                if len(run.server.connections) == 1:
                    connection.fin()
                else:
                    run.terminate()

        run.server.when_confirmed = confirmed
        outcome = run.run()
    assert outcome.code is ExitCode.SIGTERM
    lost, found = outcome.confirmed
    assert lost == CHANNELS[:10]
    # The signal comes from another thread, so the tail may confirm more.
    assert found[:10] == CHANNELS[:10]
    second = sockets.index("999999998.2")
    # The ten, and those requested before the end was noticed.
    assert 10 <= second <= 15
    assert set(sockets[second:]) == {"999999998.2"}
    assert tuple(channels[second:][:10]) == CHANNELS[:10]


def memory_of(channels: int, endpoint: AuthEndpoint) -> int:
    """Return the bytes that a tail holds once all ``channels`` are subscribed."""
    held: list[int] = []

    def measure(_run: Run) -> None:
        gc.collect()
        held.append(tracemalloc.get_traced_memory()[0])

    tracemalloc.start()
    try:
        with open_run(
            LWS2,
            endpoint,
            channels=CHANNELS[:channels],
            authorizations=FakeAuthorizations(),
            duration=60,
        ) as run:
            run.server.sign = lambda socket_id, channel: f"key:{socket_id}:{channel}"  # type: ignore[method-assign]
            run.plan(50, measure)
            outcome = run.run()
    finally:
        tracemalloc.stop()
    assert outcome.confirmed == (CHANNELS[:channels],)
    return held[0]


def test_channel_costs_less_than_ten_kilobytes(endpoint: AuthEndpoint) -> None:
    memory_of(10, endpoint)  # imports and caches
    few, many = memory_of(50, endpoint), memory_of(300, endpoint)
    assert 0 < (many - few) / 250 < 10 * KIB


def quickly(endpoint: AuthEndpoint) -> None:
    """Make the API close each connection, which avoids delayed ACKs."""

    def decide(asked: AuthRequest) -> Answer | None:
        is_welcome = asked.headers["authorization"] == endpoint.token
        return (
            signed(endpoint, asked)
            if is_welcome and asked.channel not in endpoint.refused
            else None
        )

    endpoint.decide = decide


# Retries


def test_storm_of_429_is_weathered_by_every_channel_in_its_own_time(endpoint: AuthEndpoint) -> None:
    """It lasts 100 s; each of 15 channels gets another Retry-After at each attempt."""
    channels, storm = CHANNELS[:15], 100.0
    wished: dict[str, float] = {}
    attempts: Counter[str] = Counter()
    early: list[str] = []
    with open_run(REVERB, endpoint, channels=channels, duration=storm + 60, retries=99) as run:
        began_at = run.clock.now()

        def decide(asked: AuthRequest) -> Answer:
            now = run.clock.now() - began_at
            if now < wished.get(asked.channel, 0.0) - 1e-6:
                early.append(asked.channel)
            if now >= storm:
                return signed(endpoint, asked)
            number = channels.index(asked.channel)
            wish = (number * 7 + attempts[asked.channel] * 11) % 37
            attempts[asked.channel] += 1
            wished[asked.channel] = now + wish
            headers = {"Retry-After": str(wish), "Connection": "close"}
            return Answer(429, headers)

        endpoint.decide = decide
        outcome = run.run()
    assert early == []
    assert set(outcome.confirmed[0]) == set(channels)
    assert len(outcome.confirmed[0]) == len(channels)
    assert outcome.sockets == 1
    assert min(attempts.values()) >= 3
    assert outcome.said[-1] == f"subscribed to {len(channels)} of {len(channels)} channels"


# The token


@pytest.mark.parametrize("is_replaced", [True, False], ids=["replaced", "not replaced"])
def test_token_refused_at_a_reconnect_is_read_again(
    endpoint: AuthEndpoint, tmp_path: Path, *, is_replaced: bool
) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    quickly(endpoint)
    channels = CHANNELS[:5]

    def expire(_run: Run) -> None:
        endpoint.token = OTHER_TOKEN
        if is_replaced:
            file.write_text(OTHER_TOKEN)

    with open_run(LWS2, endpoint, channels=channels, tokens=FileToken(file), duration=100) as run:
        run.plan(20, expire)
        run.plan(35, server_does(Connection.fin))
        run.plan(90, event("after", channels[4]))
        outcome = run.run()
    tokens = [request.headers["authorization"] for request in endpoint.requests]
    if is_replaced:
        assert outcome.code is ExitCode.OK
        assert outcome.shown == ("after",)
        assert outcome.confirmed == (channels, channels)
        assert tokens == [TOKEN] * 6 + [OTHER_TOKEN] * 5
        assert not any("refused" in line for line in outcome.said)
    else:
        assert outcome.code is ExitCode.CREDENTIALS
        assert outcome.error == "the API refused the token (HTTP 401, Unauthenticated.)"
        assert outcome.hint.startswith("A ChatApp token lives 24 hours")
        assert outcome.confirmed == (channels, ())
        assert set(tokens) == {TOKEN}


def test_channel_refused_at_a_reconnect_leaves_token_and_other_channels_alone(
    endpoint: AuthEndpoint,
) -> None:
    channels = CHANNELS[:3]
    quickly(endpoint)

    def refuse(_run: Run) -> None:
        endpoint.refused.add(channels[1])

    with open_run(LWS2, endpoint, channels=channels, duration=100) as run:
        run.plan(20, refuse)
        run.plan(35, server_does(Connection.fin))
        run.plan(90, event("after", channels[2]))
        outcome = run.run()
    assert outcome.code is ExitCode.OK
    assert outcome.shown == ("after",)
    assert outcome.confirmed == (channels, (channels[0], channels[2]))
    assert "warning: 2/telegram refused: HTTP 403, This action is unauthorized." in outcome.said
    assert outcome.said[-1] == (
        "warning: gap of 6.0 s in 1/telegram, 3/telegram: what was sent then is lost "
        "(connection lost, no close frame)"
    )
