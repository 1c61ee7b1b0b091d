"""Recipes with Kafka, Redis and Vector."""

import json
import signal
import subprocess
import tomllib
from collections.abc import Sequence

from tests.recipes.sandbox import Sandbox, recipes
from tests.recipes.servers import kafka_topic, redis_server
from tests.support.programs import require
from tests.support.waiting import wait_until

CHATS = ("private-1", "+7 000 111-22-33", "чат", "group-4")
Seen = dict[object, list[object]]


def send(sandbox: Sandbox, numbers: range, *, watchers: int) -> None:
    """Have a message sent for each number, in the chats by turns, with odd texts."""
    for number in numbers:
        text = f"a 'quoted' \"text\" with \\ and $HOME, {number}"
        chat = {"id": CHATS[number % len(CHATS)]}
        sandbox.send("message", watchers, id=number, chat=chat, message={"text": text})


def by_chat(records: Sequence[str]) -> Seen:
    """Return the ids of the messages of each chat, in their order; checks the rest of a record."""
    seen: Seen = {}
    for line in records:
        record = json.loads(line)
        seen.setdefault(record["chat_id"], []).append(record["data"]["id"])
        assert record["data"]["message"]["text"].endswith(f"$HOME, {record['data']['id']}")
    return seen


def sent(numbers: range) -> Seen:
    """Return what ``by_chat`` returns where each message of ``send`` is there once, in order."""
    return {CHATS[first]: list(numbers[first :: len(CHATS)]) for first in range(len(CHATS))}


def test_kafka_keeps_each_chat_in_order_and_a_reader_has_each_message_once(
    sandbox: Sandbox,
) -> None:
    """Two tails write into one topic, and the one that began first ends early.

    The first are there while others come: kcat keeps no more than a kilobyte to itself.
    """
    require("kcat", "jq")
    with kafka_topic(sandbox.home) as topic:
        with (
            sandbox.start("kafka-sqlite", BROKERS=topic.broker) as reader,
            sandbox.watching("kafka", count=8, BROKERS=topic.broker) as brief,
        ):
            with sandbox.watching("kafka", count=20, BROKERS=topic.broker) as whole:
                send(sandbox, range(8), watchers=2)
                assert brief.exit_code() == 0
                wait_until(lambda: len(stored(sandbox)) >= 7, "the first messages")
                send(sandbox, range(8, 20), watchers=1)
                assert whole.exit_code() == 0
            wait_until(lambda: len(stored(sandbox)) == 20, "all messages")
            wait_until(lambda: len(topic.messages()) == 28, "those that came twice")
            reader.send(signal.SIGTERM)
        assert sorted(stored(sandbox)) == list(range(20))
        messages = topic.messages()
    partitions = {(json.loads(one.value)["chat_id"], one.key, one.partition) for one in messages}
    assert len(partitions) == len(CHATS)
    assert len({partition for _, _, partition in partitions}) > 1
    chats = by_chat([one.value for one in messages])
    assert {chat: list(dict.fromkeys(ids)) for chat, ids in chats.items()} == sent(range(20))


def stored(sandbox: Sandbox) -> list[int]:
    """Return the ids of the messages in the database."""
    return [number for (number,) in sandbox.stored("json_extract(data, '$.id')")]


def test_redis_has_each_message_once_in_the_order_of_its_chat_and_replay_adds_what_is_missing(
    sandbox: Sandbox,
) -> None:
    require("redis-cli", "redis-check-rdb", "jq")
    with redis_server(sandbox.home) as url:
        with (
            sandbox.tail("--all", "--record=today.jsonl", "-n20") as recording,
            sandbox.start("redis", count=10, REDIS_URL=url) as process,
        ):
            recording.wait_for("subscribed to 1229/telegram")
            process.wait_for("subscribed to 1229/telegram")
            send(sandbox, range(10), watchers=2)
            assert process.exit_code() == 0
            send(sandbox, range(10, 20), watchers=1)
            assert recording.exit_code() == 0
        assert by_chat(streamed(url)) == sent(range(10))
        replayed = {"chatapp-tail --all": "chatapp-tail replay today.jsonl"}
        for _ in range(2):
            with sandbox.start("redis", but=replayed, REDIS_URL=url) as process:
                assert process.exit_code() == 0
            assert by_chat(streamed(url)) == sent(range(20))


def streamed(url: str) -> list[str]:
    """Return the records in all streams."""
    found = []
    for number in range(8):
        shown = subprocess.run(
            ["redis-cli", "-u", url, "--json", "XRANGE", f"chatapp:{number}", "-", "+"],
            capture_output=True,
            check=True,
        )
        for _, (name, record) in json.loads(shown.stdout):
            assert name == "event"
            found.append(record)
    return found


def test_vector_gets_a_configuration_and_an_object_a_line(sandbox: Sandbox) -> None:
    """Vector isn't to be had where the tests run; a program that keeps its input stands for it."""
    written = recipes()["vector.toml"]
    configuration = tomllib.loads(written)
    assert configuration["sources"]["chatapp"]["type"] == "stdin"
    assert [sink["inputs"] for sink in configuration["sinks"].values()] == [["chatapp"]]
    (sandbox.home / "vector.toml").write_text(written)
    sandbox.program("vector", '[ "$1" = --config ] && [ -f "$2" ] && cat > vector.input')
    with sandbox.watching("vector", count=2) as process:
        sandbox.send_text("one\ntwo")
        sandbox.send("chatRead")
        assert process.exit_code() == 0
    lines = (sandbox.home / "vector.input").read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["message", "chatRead"]
