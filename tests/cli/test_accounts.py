"""login, logout, channels, --all, 1229/*, --shard and --names, with a local ChatApp."""

import json
import stat
from pathlib import Path

import pytest

from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.emulator.account import DEMO_APP_ID, DEMO_EMAIL, DEMO_PASSWORD
from chatapp_tail.emulator.rest import error_body
from chatapp_tail.sharding import Shard
from tests.support.cli_here import Ended, run_here
from tests.support.cli_process import CLI, Window, endpoint
from tests.support.emulated import (
    FORBIDDEN,
    HTML_PAGE,
    SERVER_ERROR,
    UNAUTHORIZED,
    Emulator,
    throttled,
)
from tests.support.loopback_http import Answer, json_answer
from tests.support.waiting import wait_until

SPECS = [
    "1229/telegram",
    "1229/grWhatsApp",
    "1229/caWhatsApp",
    "1229/WhatsApp",
    "company/2224",
    "user/685",
]
LOGIN = ("login", "--email", DEMO_EMAIL, "--app-id", DEMO_APP_ID)
PASSWORD_LINE = f"{DEMO_PASSWORD}\n"
# Limits files to 1 KiB, and a whole file of logins takes more; stderr is a pipe. Without the files
# that coverage and Python write: Python would keep a module's bytecode that was cut off.
FULL_DISK = """\
unset COVERAGE_PROCESS_START COVERAGE_PROCESS_CONFIG
export PYTHONDONTWRITEBYTECODE=1
ulimit -f 1; exec "$@\""""


class User:
    """Somebody with a home of their own, and without a token."""

    def __init__(self, home: Path, emulator: Emulator) -> None:
        self.home = home
        self.credentials = home / ".config/chatapp-tail/credentials.json"
        self.environment = endpoint(emulator.socket_url, emulator.api_url, "")

    def process(self, *arguments: str, stdin: str = "", script: str = "", **more: str) -> CLI:
        variables = self.environment | more
        return CLI(self.home, *arguments, environment=variables, stdin=stdin, script=script)

    def on_terminal(self, *arguments: str, **more: str) -> CLI:
        return CLI(
            self.home,
            *arguments,
            environment=self.environment | more,
            window=Window(120, 24),
            stderr_on_terminal=True,
        )

    def run(self, *arguments: str, stdin: str = "", **more: str) -> Ended:
        return run_here(self.home, *arguments, environment=self.environment | more, stdin=stdin)

    def run_process(self, *arguments: str, **more: str) -> Ended:
        with self.process(*arguments, **more) as process:
            return Ended(process.exit_code(), process.stdout.text, process.stderr.text)

    def log_in(self, *arguments: str, **more: str) -> Ended:
        """Log in by the demo account's password."""
        return self.run(*LOGIN, "--password-stdin", *arguments, stdin=PASSWORD_LINE, **more)

    def tokens(self) -> dict[str, str]:
        """Return what is stored of the default profile's tokens."""
        stored = json.loads(self.credentials.read_text())
        tokens: dict[str, str] = stored["profiles"]["default"]["tokens"]
        return tokens


@pytest.fixture
def user(tmp_path: Path, emulator: Emulator) -> User:
    return User(tmp_path, emulator)


@pytest.fixture
def logged_in(user: User) -> User:
    """Return somebody with a stored login."""
    ended = user.log_in()
    assert ended.code == 0, ended.stderr
    return user


def test_login_stores_tokens_for_the_owner_alone_and_shows_neither(user: User) -> None:
    code, stdout, stderr = user.log_in()
    assert (code, stdout) == (0, "")
    assert f"logged in; stored in {user.credentials} (profile default)" in stderr
    assert "next: chatapp-tail channels\n" in stderr
    assert stat.S_IMODE(user.credentials.stat().st_mode) == 0o600
    assert stat.S_IMODE(user.credentials.parent.stat().st_mode) == 0o700
    tokens = user.tokens()
    for secret in (DEMO_PASSWORD, tokens["access"], tokens["refresh"]):
        assert secret not in stderr
    assert DEMO_PASSWORD not in user.credentials.read_text()


def test_login_asks_on_a_terminal_and_hides_the_password(user: User) -> None:
    with user.on_terminal("login") as process:
        for prompt, answer in (
            ("e-mail: ", DEMO_EMAIL),
            ("appId: ", DEMO_APP_ID),
            ("password: ", DEMO_PASSWORD),
        ):
            process.wait_for_prompt(prompt)
            process.type(f"{answer}\n".encode())
        assert process.exit_code() == 0
        assert DEMO_PASSWORD not in process.stdout.text
        assert DEMO_EMAIL in process.stdout.text


def test_ctrl_c_at_a_prompt_ends_with_130_and_no_traceback(user: User) -> None:
    with user.on_terminal("login") as process:
        process.wait_for_prompt("e-mail: ")
        stat_file = Path(f"/proc/{process.pid}/stat")
        wait_until(lambda: ") S " in stat_file.read_text(), "the prompt to wait for a key")
        process.type(b"\x03")
        assert process.exit_code() == 130
        assert "Traceback" not in process.stdout.text


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        (("login",), "--email"),
        (("login", "--email", "a@b.example"), "--app-id"),
        (LOGIN, "--password-stdin"),
    ],
)
def test_login_in_a_script_names_the_missing_option(
    user: User, arguments: tuple[str, ...], missing: str
) -> None:
    code, _, stderr = user.run(*arguments)
    assert code == 2
    assert f"error: login needs {missing}\n" in stderr
    assert "--password-stdin < password.txt" in stderr


@pytest.mark.parametrize(
    ("failure", "code", "words"),
    [
        (json_answer(200, error_body("Wrong", "No such user")), 3, "Wrong: No such user"),
        (throttled(30), 5, "HTTP 429"),
        (HTML_PAGE, 5, "the API's answer has no token (HTTP 200, text/html"),
    ],
    ids=["refused", "throttled", "proxy page"],
)
def test_login_that_fails_says_why_and_leaves_the_old_one(
    logged_in: User, emulator: Emulator, failure: Answer, code: int, words: str
) -> None:
    before = logged_in.credentials.read_bytes()
    emulator.fail("/v1/tokens", failure)
    ended, _, stderr = logged_in.log_in()
    assert ended == code
    assert words in stderr
    assert logged_in.credentials.read_bytes() == before
    assert DEMO_PASSWORD not in stderr


def test_wrong_login_is_refused_with_code_3(user: User) -> None:
    arguments = ("login", "--email", "b@b.example", "--app-id", DEMO_APP_ID, "--password-stdin")
    code, _, stderr = user.run(*arguments, stdin=PASSWORD_LINE)
    assert code == 3
    assert "error: ChatApp refused the login: HTTP 401" in stderr
    assert "Check e-mail, password and appId" in stderr
    assert "token" not in stderr.partition("error: ")[2]
    assert not user.credentials.exists()


def test_full_disk_is_reported_before_a_token_is_made_and_the_old_login_stays(
    logged_in: User, emulator: Emulator
) -> None:
    before, asked = logged_in.credentials.read_bytes(), len(emulator.requests)
    arguments = (*LOGIN, "--password-stdin")
    with logged_in.process(*arguments, stdin=PASSWORD_LINE, script=FULL_DISK) as process:
        assert process.exit_code() == 3
        assert "can't be written: File too large" in process.stderr.text
        assert "What was stored before is unchanged." in process.stderr.text
    assert logged_in.credentials.read_bytes() == before
    assert len(emulator.requests) == asked
    assert [one.name for one in logged_in.credentials.parent.iterdir() if one.name[0] == "."] == []


def test_logout_removes_one_profile_only(logged_in: User) -> None:
    assert logged_in.log_in("--profile", "work").code == 0
    for words in (f"logged out {DEMO_EMAIL}, profile work", "profile work has no stored login"):
        code, _, stderr = logged_in.run("logout", "--profile", "work")
        assert code == 0
        assert words in stderr
    assert list(json.loads(logged_in.credentials.read_text())["profiles"]) == ["default"]
    code, _, stderr = logged_in.run("channels", "-p", "work")
    assert code == 2
    assert "there is no profile 'work'" in stderr


def test_login_is_for_its_own_api_only(logged_in: User, emulator: Emulator) -> None:
    asked = len(emulator.requests)
    code, _, stderr = logged_in.run("channels", "--api-url", "http://127.0.0.1:1")
    assert code == 3
    assert f"the stored login is for {emulator.api_url}, not for http://127.0.0.1:1" in stderr
    assert len(emulator.requests) == asked


def test_tail_renews_its_login_when_the_api_refuses_the_token(
    logged_in: User, emulator: Emulator
) -> None:
    before = logged_in.tokens()
    emulator.expire_tokens()
    with logged_in.process("1229/telegram") as process:
        process.wait_for("subscribed to 1229/telegram")
        assert "the token is no longer valid; renewing it" in process.stderr.text
    after = logged_in.tokens()
    assert after["access"] != before["access"]
    assert after["refresh"] != before["refresh"]


def test_token_that_is_given_comes_before_the_login(logged_in: User, emulator: Emulator) -> None:
    file = logged_in.home / "token.txt"
    file.write_text(emulator.token)
    config = logged_in.credentials.with_name("config.toml")
    config.write_text(f'[profile.default]\ntoken-file = "{file}"\n')
    for environment, origin in (
        ({"CHATAPP_TOKEN": emulator.token}, "CHATAPP_TOKEN"),
        ({"CHATAPP_TOKEN_FILE": str(file)}, "CHATAPP_TOKEN_FILE"),
        ({}, "the profile's token-file"),
    ):
        assert f"token: {origin}\n" in logged_in.run("channels", "-v", **environment).stderr
    config.unlink()
    assert f"token: the login of {DEMO_EMAIL}\n" in logged_in.run("channels", "-v").stderr


def test_channels_are_bare_specs_in_a_pipe(logged_in: User) -> None:
    code, stdout, _ = logged_in.run("channels")
    assert (code, stdout.splitlines()) == (0, SPECS)


def test_channel_that_a_shell_would_take_apart_is_quoted(user: User, emulator: Emulator) -> None:
    messengers = [{"type": "a;id"}, {"type": "telegram"}, {"type": "a\nb"}, {"type": "$(id)"}]
    licenses = [{"licenseId": 1229, "messenger": messengers}]
    emulator.fail("/v1/licenses", json_answer(200, {"success": True, "data": licenses}))
    _, stdout, _ = user.run("channels", CHATAPP_TOKEN=emulator.token)
    assert stdout.splitlines()[:2] == ["'1229/a;id'", "1229/telegram"]
    assert "\n1229/a\n" not in stdout
    assert "$" not in stdout


def test_channels_as_json_have_all_fields(logged_in: User) -> None:
    _, stdout, _ = logged_in.run("channels", "--json")
    listed = [json.loads(line) for line in stdout.splitlines()]
    assert [one["spec"] for one in listed] == SPECS
    assert (listed[1]["messenger_name"], listed[1]["phone"]) == ("WhatsApp", "70000000000")
    assert listed[1]["ends_at"].endswith("Z")


def test_channels_are_a_table_on_a_terminal(logged_in: User) -> None:
    with logged_in.on_terminal("channels", NO_COLOR="1") as process:
        assert process.exit_code() == 0
        lines = [line.split() for line in process.stdout.text.splitlines()]
    assert ["SPEC", "NAME", "MESSENGER", "PHONE", "STATUS", "UNTIL"] in lines
    assert any("1229/grWhatsApp" in line and "70000000000" in line for line in lines)


def test_pasted_token_lists_all_users_since_nobody_says_whose_it_is(
    user: User, emulator: Emulator
) -> None:
    _, stdout, _ = user.run("channels", CHATAPP_TOKEN=emulator.token)
    assert stdout.splitlines() == [*SPECS, "user/124"]


@pytest.mark.parametrize(
    ("failure", "code", "words"),
    [
        (UNAUTHORIZED, 3, "HTTP 401"),
        (FORBIDDEN, 4, "HTTP 403"),
        (HTML_PAGE, 5, "has no list (HTTP 200, text/html"),
    ],
    ids=["401", "403", "proxy page"],
)
def test_listing_that_fails_says_why(
    user: User, emulator: Emulator, failure: Answer, code: int, words: str
) -> None:
    emulator.fail("/v1/licenses", failure)
    ended, stdout, stderr = user.run("channels", CHATAPP_TOKEN=emulator.token)
    assert (ended, stdout) == (code, "")
    assert words in stderr


def test_licences_that_cant_be_read_are_counted(user: User, emulator: Emulator) -> None:
    licenses = [{"licenseId": 1, "messenger": {"type": "email"}}, {"licenseId": "?"}, None]
    emulator.fail("/v1/licenses", json_answer(200, {"success": True, "data": licenses}))
    code, stdout, stderr = user.run("channels", CHATAPP_TOKEN=emulator.token)
    assert (code, stdout.splitlines()[0]) == (0, "1/email")
    assert (
        "warning: the API's list of licences is incomplete: 2 of its entries can't be read"
        in stderr
    )


def test_all_watches_what_channels_lists(logged_in: User) -> None:
    with logged_in.process("--all") as process:
        process.wait_for("watching 6 channels")
        for spec in SPECS:
            process.wait_for(f"subscribed to {spec}")


def test_licence_with_a_star_watches_all_of_its_messengers(logged_in: User) -> None:
    with logged_in.process("1229/*", "company/2224") as process:
        for spec in (SPECS[4], *SPECS[:4]):
            process.wait_for(f"subscribed to {spec}")
    code, _, stderr = logged_in.run("77/*")
    assert code == 2
    assert "error: licence 77 isn't among those of this token" in stderr


def test_shard_watches_its_share_of_all_channels(logged_in: User) -> None:
    share = [one for one in SPECS if Shard(0, 2).has(parse_spec(one).name)]
    assert 0 < len(share) < len(SPECS)
    with logged_in.process("--all", "--shard", "0/2") as process:
        process.wait_for(f"watching {len(share)} channels of 6")
        for spec in share:
            process.wait_for(f"subscribed to {spec}")


def test_share_without_channels_is_an_error(user: User, emulator: Emulator) -> None:
    code, _, stderr = user.run(
        "1229/telegram", "--shard", "1/2", "-d", "0.2s", CHATAPP_TOKEN=emulator.token
    )
    assert code == 2
    assert "no channel falls into the share 1/2" in stderr


def test_names_show_employees_by_name(logged_in: User, emulator: Emulator) -> None:
    with logged_in.process("company/2224", "--names", "-n", "1", "-f", "plain") as process:
        process.wait_for("subscribed to company/2224")
        item = {"employee": {"id": 685}, "type": "online", "time": 1}
        emulator.publish("private-v1.companies.2224", "employeeStatus", {"data": [item]})
        assert process.exit_code() == 0
        assert "Айгерим Сапарова" in process.stdout.text


def test_without_names_from_the_api_the_tail_warns_and_goes_on(
    user: User, emulator: Emulator
) -> None:
    emulator.fail("/v1/companies", SERVER_ERROR)
    arguments = ("company/2224", "--names", "-f", "plain")
    with user.process(*arguments, CHATAPP_TOKEN=emulator.token) as process:
        process.wait_for("warning: no names of employees: the API answered HTTP 500")
        process.wait_for("subscribed to company/2224")


def test_tab_offers_the_last_listing_without_the_network(
    logged_in: User, emulator: Emulator
) -> None:
    logged_in.run("channels")
    asked = len(emulator.requests)
    code, stdout, _ = logged_in.run_process("complete", "specs")
    assert code == 0
    assert [line.partition("\t")[0] for line in stdout.splitlines()] == SPECS
    assert len(emulator.requests) == asked


# Who else could read or change what is secret

# Nothing leaves this machine: nobody listens at this proxy.
NO_WAY_OUT = {"http_proxy": "http://127.0.0.1:1", "CHATAPP_API_URL": "http://chatapp.example"}


def test_password_isnt_sent_in_the_clear_unless_the_user_says_so(user: User) -> None:
    code, _, stderr = user.log_in(**NO_WAY_OUT)
    assert code == 2
    assert "login would send the password to chatapp.example without encryption" in stderr
    assert "add --api-insecure if you trust the network" in stderr
    code, _, stderr = user.log_in("--api-insecure", **NO_WAY_OUT)
    assert code == 5
    assert "logging in to http://chatapp.example" in stderr
    assert "encryption" not in stderr


def test_token_that_goes_in_the_clear_is_warned_of(user: User, emulator: Emulator) -> None:
    variables = {"CHATAPP_TOKEN": emulator.token, **NO_WAY_OUT}
    warning = "warning: the token goes to chatapp.example without encryption"
    assert warning in user.run("channels", **variables).stderr
    assert "encryption" not in user.run("channels", "--api-insecure", **variables).stderr


def test_folder_that_all_may_write_to_is_warned_of(logged_in: User) -> None:
    folder = logged_in.credentials.parent
    folder.chmod(0o777)
    code, _, stderr = logged_in.run("channels")
    assert code == 0
    assert f"other users can replace the stored logins: all may write to {folder}" in stderr
    assert f"chmod o-w {folder}" in stderr
    folder.chmod(0o700)
    assert "other users" not in logged_in.run("channels").stderr
