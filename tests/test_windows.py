"""Nothing that only POSIX has is used without asking first, though only Linux runs these tests.

``make types`` also checks the package as if it ran on Windows. That knows each name's platform, but
not paths, nor what is reached through an object.
"""

import ast
from collections.abc import Iterator

import pytest

from tests.test_architecture import modules, source


def names(text: str) -> frozenset[str]:
    """Return the words of ``text``."""
    return frozenset(text.split())


MODULES = names("fcntl grp posix pty pwd readline resource syslog termios tty")
# By the module they are in; source: "Availability" in the documentation of each.
NAMES = {
    "os": names(
        "O_CLOEXEC O_DIRECTORY O_DSYNC O_NOCTTY O_NOFOLLOW O_NONBLOCK O_SYNC WNOHANG chown "
        "chroot confstr ctermid fchdir fchmod fchown fdatasync fork forkpty get_blocking "
        "getegid geteuid getgid getgroups getloadavg getpgid getpriority getsid getuid "
        "killpg lchown lockf mkfifo mknod nice openpty pipe2 posix_fallocate posix_spawn "
        "pread pwrite readv sched_yield sendfile set_blocking setgid setsid setuid statvfs "
        "sync sysconf tcgetpgrp ttyname uname wait waitid writev"
    ),
    "signal": names(
        "SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGTSTP SIGUSR1 "
        "SIGUSR2 SIGWINCH alarm pause pthread_kill pthread_sigmask setitimer siginterrupt "
        "sigpending sigwait"
    ),
    "select": names("POLLERR POLLHUP POLLIN POLLOUT epoll kqueue poll"),
    "socket": names("AF_UNIX SO_REUSEPORT recv_fds send_fds"),
    "time": names("tzset"),
}
# Whatever they are attributes of.
ATTRIBUTES = names("add_reader add_signal_handler add_writer st_blocks st_rdev")
FOLDERS = tuple(f"/{name}/" for name in names("dev etc proc run sys tmp var"))

# Only tried: where it isn't there, opening it fails as any file may.
TRIED = {("output.unbuffered", "/proc/self/fd")}


def unguarded(node: ast.AST) -> Iterator[str]:
    """Yield what in ``node`` only POSIX has, unless the platform is asked first."""
    match node:
        case ast.If(test=test) | ast.IfExp(test=test) if is_question(test):
            return
        case ast.BoolOp(values=[first, *_]) if is_question(first):
            return
        case ast.Try(handlers=handlers) if any(map(is_for_what_is_missing, handlers)):
            left: list[ast.AST] = [*handlers, *node.orelse, *node.finalbody]
        case _:
            yield from named(node)
            left = list(ast.iter_child_nodes(node))
    for child in left:
        yield from unguarded(child)


def named(node: ast.AST) -> Iterator[str]:
    """Yield what ``node`` itself names that only POSIX has."""
    match node:
        case ast.Import(imported):
            yield from (one.name for one in imported if one.name in MODULES)
        case ast.ImportFrom(module=str(module)) if module in MODULES:
            yield module
        case ast.ImportFrom(module=str(module), names=imported):
            known = NAMES.get(module, ())
            yield from (f"{module}.{one.name}" for one in imported if one.name in known)
        case ast.Attribute(value=ast.Name(module), attr=name) if name in NAMES.get(module, ()):
            yield f"{module}.{name}"
        case ast.Attribute(attr=name) if name in ATTRIBUTES:
            yield name
        case ast.Constant(str(text)) if text.startswith(FOLDERS):
            yield text


def is_question(test: ast.expr) -> bool:
    """Return whether ``test`` asks for the platform, or whether something is there."""
    asked = {ast.unparse(node) for node in ast.walk(test)}
    return bool(asked & {"sys.platform", "os.name", "hasattr"})


def is_for_what_is_missing(handler: ast.ExceptHandler) -> bool:
    """Return whether a module or name that isn't there ends up in ``handler``."""
    caught = {ast.unparse(node) for node in ast.walk(handler.type)} if handler.type else set()
    return bool(caught & {"ImportError", "ModuleNotFoundError", "AttributeError"})


@pytest.mark.parametrize("module", modules(), ids=lambda module: module or "package")
def test_what_only_posix_has_is_asked_for_first(module: str) -> None:
    found = {(module, name) for name in unguarded(source(module))}
    assert found - TRIED == set()


def test_what_is_only_tried_is_still_there() -> None:
    found = {(module, name) for module, _ in TRIED for name in unguarded(source(module))}
    assert found == TRIED


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import fcntl", ["fcntl"]),
        ("from termios import TCSANOW", ["termios"]),
        ("from os import getuid, getpid", ["os.getuid"]),
        ("def f():\n    os.set_blocking(0, False)", ["os.set_blocking"]),
        ("x = {signal.SIGHUP: 1, signal.SIGTERM: 2}", ["signal.SIGHUP"]),
        ("loop.add_signal_handler(2, f)", ["add_signal_handler"]),
        ("open('/proc/self/status')", ["/proc/self/status"]),
        ("try:\n    import pwd\nexcept ValueError:\n    import grp", ["pwd", "grp"]),
        ("if x:\n    os.fork()", ["os.fork"]),
        ("x = y and os.fork()", ["os.fork"]),
        ("try:\n    import pwd\nexcept ImportError:\n    os.getuid()", ["os.getuid"]),
        ("try:\n    import pwd\nexcept ImportError:\n    pwd = None", []),
        ("try:\n    os.fork()\nexcept (OSError, AttributeError):\n    pass", []),
        ("if sys.platform != 'win32':\n    import pwd\n    pwd.getpwuid(os.getuid())", []),
        ("x = (signal.SIGUSR1,) if hasattr(signal, 'SIGUSR1') else ()", []),
        ("x = os.name == 'posix' and os.getuid()", []),
        ("x = getattr(os, 'O_NONBLOCK', 0)", []),
        ("import os.path\nos.getpid()\nos.kill(1, signal.SIGINT)\nresource.SIGHUP", []),
    ],
)
def test_the_rule_finds_what_it_looks_for(code: str, found: list[str]) -> None:
    assert list(unguarded(ast.parse(code))) == found
