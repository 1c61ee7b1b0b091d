"""What watches a tail from outside, through the real process."""

import os
import signal
import socket
import urllib.request
from pathlib import Path

from tests.cli.running import SUBSCRIBED, end, publish, tail, watching
from tests.forwarding.given import Webhook
from tests.support.emulated import Emulator
from tests.support.loopback_http import Answer


def test_systemd_hears_ready_status_watchdog_and_stopping(
    emulator: Emulator, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(10.0)
        path = str(tmp_path / "notify")
        with tail(tmp_path, emulator, NOTIFY_SOCKET=path, WATCHDOG_USEC="400000") as process:
            heard: list[str] = []
            while "READY=1" not in heard or heard.count("WATCHDOG=1") < 3:
                heard.append(systemd.recv(4096).decode())
            end(process)
            while "STOPPING=1" not in heard:
                heard.append(systemd.recv(4096).decode())
    assert heard[-1] == "STOPPING=1"
    assert heard[1] == "STATUS=0 of 1 channels subscribed, 0 events received, 0 shown, 0 gaps"


def test_on_ready_command_is_run_once_and_its_exit_code_is_reported(
    emulator: Emulator, tmp_path: Path
) -> None:
    with tail(tmp_path, emulator, "--on-ready", "echo ran >> ran; exit 3") as process:
        process.wait_for("warning: the --on-ready command ended with exit code 3; the tail goes on")
        emulator.drop_all()
        process.wait_for(SUBSCRIBED)
        end(process)
    assert (tmp_path / "ran").read_text() == "ran\n"


def test_on_ready_command_that_hangs_is_left_alone(emulator: Emulator, tmp_path: Path) -> None:
    command = "echo $$ > pid; exec sleep 60 >&- 2>&-"
    with watching(tmp_path, emulator, "-n", "1", "--on-ready", command) as process:
        publish(emulator, 1)
        process.wait_for("the --on-ready command still runs, and is left alone")
        assert process.exit_code() == 0
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


def test_metrics_are_served_on_a_port(emulator: Emulator, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with watching(tmp_path, emulator, "--metrics", str(port), "-e", "chatTag"):
        publish(emulator, 1)
        labels = 'channel="1229/telegram",event="message",outcome="filtered"'
        wanted = f"chatapp_tail_events_total{{{labels}}} 1.0"
        text = ""
        while wanted not in text:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
                text = answer.read().decode()
    assert "chatapp_tail_subscribed_channels 1.0" in text
    assert "chatapp_tail_connections_total 1.0" in text


def test_metrics_are_written_into_a_file_with_what_webhooks_got(
    emulator: Emulator, tmp_path: Path
) -> None:
    with (
        Webhook(Answer(), Answer(404)) as webhook,
        watching(
            *(tmp_path, emulator, "-n", "2", "--metrics", "run.prom", "--forward-to", webhook.url)
        ) as process,
    ):
        publish(emulator, 1)
        process.wait_for("forwarded #1 message 1")
        publish(emulator, 2)
        assert process.exit_code() == 0
    written = (tmp_path / "run.prom").read_text()
    assert 'outcome="shown"} 2.0' in written
    assert 'chatapp_tail_forwarded_events_total{outcome="sent"} 1.0' in written


def test_file_of_metrics_that_cannot_be_written_is_reported_and_the_tail_goes_on(
    emulator: Emulator, tmp_path: Path
) -> None:
    with tail(tmp_path, emulator, "--metrics", "nowhere/run.prom", "-n", "1") as process:
        why = "nowhere/run.prom can't be written: No such file or directory"
        process.wait_for(f"warning: {why}; tried again every 10.0 s")
        process.wait_for(SUBSCRIBED)
        publish(emulator, 1)
        assert process.exit_code() == 0


def test_port_in_use_is_a_usage_error(emulator: Emulator, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with tail(tmp_path, emulator, "--metrics", str(port)) as process:
            process.wait_for(f"--metrics: port {port} can't be used: Address already in use")
            process.wait_for("Choose another port, or name a file.")
            assert process.exit_code() == 2
