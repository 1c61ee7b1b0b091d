"""Kafka and Redis for the recipes, from the programs that read and write them."""

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.support.waiting import wait_until


class Message(NamedTuple):
    """One message of a Kafka topic."""

    partition: int
    key: str
    value: str


class KafkaTopic:
    """A broker that kcat brings, and what came in the topic ``chatapp``, which has 4 partitions."""

    def __init__(self, broker: str, consumed: Path) -> None:
        self.broker = broker
        self._consumed = consumed

    def messages(self) -> list[Message]:
        """Return the messages so far, in the order of each partition."""
        found = [line.split("\t", 2) for line in self._consumed.read_text().splitlines()]
        return [Message(int(partition), key, value) for partition, key, value in found]


@contextmanager
def kafka_topic(directory: Path) -> Iterator[KafkaTopic]:
    """Run a consumer with librdkafka's mock cluster in it: real sockets, the real protocol."""
    consumed, log = directory / "consumed", directory / "kafka.log"
    command = ["kcat", "-C", "-u", "-o", "beginning", "-b", "mock", "-t", "chatapp", "-d", "mock"]
    command += ["-f", "%p\\t%k\\t%s\\n", "-X", "test.mock.num.brokers=1"]
    with consumed.open("wb") as stdout, log.open("wb") as stderr:
        process = subprocess.Popen(command, stdout=stdout, stderr=stderr)
    try:
        wait_until(lambda: _mock_address(log) is not None, "the broker's address")
        yield KafkaTopic(_mock_address(log) or "", consumed)
    finally:
        process.kill()
        process.wait()


def _mock_address(log: Path) -> str | None:
    found = re.search(r"bootstrap\.servers=(127\.0\.0\.1:\d+)", log.read_text(errors="replace"))
    return found and found[1]


@contextmanager
def redis_server(directory: Path) -> Iterator[str]:
    """Run a Redis that keeps nothing; yield its URL."""
    # Debian's redis-tools have the server, too, as redis-check-rdb: the name it is called by
    # decides. The package redis-server would also start one for the whole machine.
    program = shutil.which("redis-server") or shutil.which("redis-check-rdb")
    port = _free_port()
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", ""]
    log = directory / "redis.log"
    with log.open("wb") as stdout:
        process = subprocess.Popen(command, executable=program, cwd=directory, stdout=stdout)
    try:
        wait_until(lambda: "Ready to accept" in log.read_text(), "Redis")
        yield f"redis://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
