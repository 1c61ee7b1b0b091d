"""Recipes with Kafka, Redis and Vector."""

import json
import subprocess
import tomllib
from collections.abc import Sequence

from tests.recipes.blocks import recipes
from tests.recipes.kitchen import Kitchen, require
from tests.recipes.servers import kafka_topic, redis_server
from tests.support.waiting import wait_until


def texts(lines: Sequence[str]) -> list[object]:
    """Return the messages' texts of JSON lines."""
    return [json.loads(line)["data"]["message"]["text"] for line in lines]


def test_kafka_has_the_events_in_their_order(kitchen: Kitchen) -> None:
    """The first are there while others come: kcat keeps no more than a kilobyte to itself."""
    require("kcat")
    with kafka_topic(kitchen.home) as topic:
        with kitchen.start("kafka", count=20, BROKERS=topic.broker) as process:
            process.wait_for("subscribed to 1229/telegram")
            for number in range(5):
                kitchen.send_text(f"Привет {number}")
            wait_until(lambda: texts(topic.lines())[:1] == ["Привет 0"], "the first event")
            for number in range(5, 20):
                kitchen.send_text(f"Привет {number}")
            assert process.exit_code() == 0
        wait_until(lambda: len(topic.lines()) == 20, "all events")
        assert texts(topic.lines()) == [f"Привет {number}" for number in range(20)]


def test_redis_has_the_events_in_a_stream(kitchen: Kitchen) -> None:
    require("redis-cli", "redis-check-rdb")
    odd = "a 'quoted' \"text\" with \\ and $HOME"
    with redis_server(kitchen.home) as url:
        with kitchen.start("redis", count=2, REDIS_URL=url) as process:
            process.wait_for("subscribed to 1229/telegram")
            kitchen.send_text("Привет")
            kitchen.send_text(odd)
            assert process.exit_code() == 0
        shown = subprocess.run(
            ["redis-cli", "-u", url, "--json", "XRANGE", "chatapp", "-", "+"],
            capture_output=True,
            check=True,
        )
    fields = [fields for _, fields in json.loads(shown.stdout)]
    assert [name for name, _ in fields] == ["event", "event"]
    assert texts([event for _, event in fields]) == ["Привет", odd]


def test_vector_gets_a_configuration_and_an_object_a_line(kitchen: Kitchen) -> None:
    """Vector isn't to be had where the tests run; a program that keeps its input stands for it."""
    written = recipes()["vector.toml"]
    configuration = tomllib.loads(written)
    assert configuration["sources"]["chatapp"]["type"] == "stdin"
    assert [sink["inputs"] for sink in configuration["sinks"].values()] == [["chatapp"]]
    (kitchen.home / "vector.toml").write_text(written)
    kitchen.program("vector", '[ "$1" = --config ] && [ -f "$2" ] && cat > vector.input')
    with kitchen.start("vector", count=2) as process:
        process.wait_for("subscribed to 1229/telegram")
        kitchen.send_text("one\ntwo")
        kitchen.send("chatRead")
        assert process.exit_code() == 0
    lines = (kitchen.home / "vector.input").read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["message", "chatRead"]
