"""``chatapp-tail doctor [SPEC…]``: every link of the chain, and what to do about a broken one."""

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from chatapp_tail.account.tokens import FoundToken
from chatapp_tail.chatapp.channels import Channel
from chatapp_tail.cli.account import Account
from chatapp_tail.cli.build import build_endpoint
from chatapp_tail.cli.channels import Wanted, build_channels, resolve
from chatapp_tail.cli.options import DoctorOptions, Specs
from chatapp_tail.cli.precedence import Chosen
from chatapp_tail.cli.run_parts import until_signal
from chatapp_tail.cli.streams import LISTED_AS_JSON, has_color, write_json, written_out
from chatapp_tail.clock import SystemClock
from chatapp_tail.doctor.dependencies import Dependencies
from chatapp_tail.doctor.examination import Target, examine
from chatapp_tail.doctor.findings import Finding, exit_code
from chatapp_tail.doctor.traffic import Resumed
from chatapp_tail.errors import ChatAppTailError, CredentialsError, ExitCode
from chatapp_tail.output import ColorMode
from chatapp_tail.output.status import Status
from chatapp_tail.sharding import Shard
from chatapp_tail.wakeup import Wakeup


def doctor_command(specs: Specs, options: DoctorOptions, chosen: Chosen) -> ExitCode:
    """Examine, and end with the exit code of a tail."""
    is_json = options.output.list_format() in LISTED_AS_JSON
    status = Status(sys.stderr, options.output.verbosity.level)
    account = Account(build_endpoint(options.endpoint), chosen, status)
    account.require_profile()
    wanted = build_channels(options.channels, specs, may_be_none=True)
    status.say(f"examining {account.endpoint.socket_url} and {account.endpoint.api_url}")
    target = replace(
        _target(account, options.credentials.token, wanted, options.channels.shard, status),
        written=chosen.written,
        resumed=_resumed(options.resume),
    )

    def write(wakeup: Wakeup) -> ExitCode:
        findings: list[Finding] = []
        with written_out():
            found = examine(target, Dependencies(SystemClock(), status, wakeup))
            _write(_kept(found, findings), options.output.color, is_json=is_json)
        return exit_code(findings)

    with account.settled():
        return until_signal(write)


def _write(findings: Iterable[Finding], color: ColorMode, *, is_json: bool) -> None:
    if is_json:
        write_json(finding.as_dict() for finding in findings)
        return
    from chatapp_tail.output.printing import FindingRow, print_diagnosis  # noqa: PLC0415 (Rich)

    rows = (
        FindingRow(one.step, one.outcome, one.result, one.next_step, one.seconds, one.channel)
        for one in findings
    )
    print_diagnosis(rows, sys.stdout, color=has_color(color))


def _resumed(path: Path | None) -> Resumed | None:
    """Return what a tail has left, if a file is named. Raises ``UsageError``."""
    if path is None:
        return None
    from chatapp_tail.resume import read_state  # noqa: PLC0415 (few need it)

    return Resumed(path, read_state(path))


def _target(
    account: Account, option: str | None, wanted: Wanted, shard: Shard | None, status: Status
) -> Target:
    """Return what to examine. A missing token becomes a finding."""
    try:
        given = account.token(option)
    except CredentialsError as exc:
        return Target(account.endpoint, wanted.channels, exc)
    login = account.login(given)
    return Target(
        account.endpoint,
        _channels(wanted, shard, account, given, status),
        given,
        login.tokens.access_ends if login else None,
    )


def _channels(
    wanted: Wanted, shard: Shard | None, account: Account, given: FoundToken, status: Status
) -> tuple[Channel, ...]:
    """Return the channels to examine; if the API doesn't answer, those that were named."""
    if not (wanted.channels or wanted.all or wanted.licenses):
        return ()
    try:
        return resolve(wanted, shard, account, given, status)
    except ChatAppTailError as exc:
        status.warn(exc.message, exc.hint)
        return wanted.channels


def _kept(findings: Iterable[Finding], kept: list[Finding]) -> Iterable[Finding]:
    for finding in findings:
        kept.append(finding)
        yield finding
