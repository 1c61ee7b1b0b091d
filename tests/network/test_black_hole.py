"""A whole tail, to a host whose IPv6 address swallows everything: inside a network namespace."""

import os
import subprocess

import pytest

from tests.support import namespace


def test_host_with_an_ipv6_address_that_swallows_everything_is_reached_at_once() -> None:
    if reason := namespace.missing_reason():
        if os.environ.get("CI"):
            pytest.fail(f"{reason}, and CI may not skip this test", pytrace=False)
        pytest.skip(reason)
    done = subprocess.run(
        namespace.command("tests.network.black_hole_tail"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "reached\n"), done.stderr
