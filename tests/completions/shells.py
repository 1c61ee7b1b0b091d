"""Real shells with the shipped scripts: what TAB makes of a line, and what the shell makes of that.

Bash and zsh run interactively on a terminal of their own. A test types a line and then the keys
bound here, which put everything on offer into the line and print it.
"""

import os
import pty
import re
import select
import subprocess
import sys
from codecs import getincrementaldecoder
from pathlib import Path
from typing import ClassVar, Self

from chatapp_tail.cli.completion import SCRIPTS
from chatapp_tail.cli.completion import Shell as Name
from tests.support.cli_process import CLOCK, TAKE_TERMINAL, clean_environment
from tests.support.programs import require
from tools.generated import TOP

FOLDER = TOP / "completions"
PROGRAM = "chatapp-tail"

_READY = "READY>"
_LINE = "(?s)LINE<(.*?)>END"
# In seconds; the program is asked in well under one, on a machine with nothing else to do.
_DEADLINE = 30.0

# Prints a line's words as the shell hands them to the program.
_ARGUMENTS = f"{PROGRAM}() {{ [ $# = 0 ] || printf '%s\\0' \"$@\"; }}; "

_BASH = rf"""
PS1='{_READY}'
bind 'set completion-query-items 0' 'set bell-style none' 'set enable-bracketed-paste off'
show() {{ printf 'LINE<%s>END\n' "$READLINE_LINE"; }}
bind '"\C-xa": insert-completions'
bind -x '"\C-xs": show'
bind '"\C-xk": kill-whole-line'
"""

_ZSH = rf"""
PS1='{_READY}'
unsetopt prompt_cr prompt_sp list_ambiguous beep
LISTMAX=1000
zstyle ':completion:*' insert-tab false
zstyle ':completion:all-matches:*' old-matches only
zstyle ':completion:all-matches:*' insert true
zstyle ':completion:all-matches::::' completer _all_matches
zle -C all-matches complete-word _generic
show() {{ print -r -- "LINE<$BUFFER>END"; zle .kill-buffer }}
zle -N show
bindkey '^I' complete-word
bindkey '^Xa' all-matches
bindkey '^Xs' show
"""


class Shell:
    """A shell that completes lines, and reads them again as it would to run them."""

    name: ClassVar[str]
    _alone: ClassVar[tuple[str, ...]] = ()

    def __init__(self, home: Path) -> None:
        """``home`` is HOME, and the working directory."""
        self._home = home
        require(self.name)
        programs = Path(sys.executable).parent
        self._environment = {
            **clean_environment(home),
            "LANG": "C.UTF-8",
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        pass

    def offers(self, line: str) -> list[str]:
        """Return what is on offer for the last word of ``line``, sorted; it has no blanks."""
        completed = self._completed(line)
        if completed.strip() == line.strip():
            return []
        before, _, _ = line.rpartition(" ")
        return sorted(self._arguments(completed)[len(self._arguments(before)) :])

    def shown(self, line: str, text: str) -> str:
        """Return the offers as a person sees them; waits until ``text`` is among them."""
        raise NotImplementedError

    def _completed(self, line: str) -> str:
        """Return ``line`` with all that is on offer in the place of its last word."""
        raise NotImplementedError

    def _arguments(self, line: str) -> list[str]:
        """Return what the program would get."""
        return self._output(*self._alone, _ARGUMENTS + line).split("\0")[:-1]

    def _output(self, *arguments: str) -> str:
        return subprocess.run(
            [self.name, *arguments],
            cwd=self._home,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=True,
            timeout=_DEADLINE,
            encoding="utf-8",
        ).stdout


class InteractiveShell(Shell):
    """A shell on a terminal, with keys for our questions. ``said`` is all that it wrote."""

    _command: ClassVar[tuple[str, ...]]
    _list: ClassVar[bytes]
    _put_in: ClassVar[bytes]
    _print: ClassVar[bytes]

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.said = ""
        self._decoder = getincrementaldecoder("utf-8")()
        self._read_so_far = 0

    def __enter__(self) -> Self:
        self._prepare()
        self._terminal, child_end = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-ISc", TAKE_TERMINAL, self.name, *self._command],
            cwd=self._home,
            env=self._environment,
            stdin=child_end,
            stdout=child_end,
            stderr=child_end,
        )
        os.close(child_end)
        self._read_until(_READY)
        return self

    def __exit__(self, *exc_info: object) -> None:
        os.close(self._terminal)
        self._process.kill()
        self._process.wait()

    def shown(self, line: str, text: str) -> str:
        start = len(self.said)
        os.write(self._terminal, line.encode() + self._list)
        self._read_until(re.escape(text))
        os.write(self._terminal, self._print)
        self._read_until(_LINE)
        return self.said[start:]

    def _completed(self, line: str) -> str:
        os.write(self._terminal, line.encode() + self._list + self._put_in + self._print)
        return self._read_until(_LINE)[1]

    def _prepare(self) -> None:
        """Write what the shell reads when it starts."""
        raise NotImplementedError

    def _read_until(self, pattern: str) -> re.Match[str]:
        """Read on until ``pattern`` is found behind the last one."""
        deadline = CLOCK.now() + _DEADLINE
        expression = re.compile(pattern)
        while (found := expression.search(self.said, self._read_so_far)) is None:
            ready, _, _ = select.select([self._terminal], [], [], max(0, deadline - CLOCK.now()))
            assert ready, f"{self.name} said only {self.said[self._read_so_far :]!r}"
            self.said += self._decoder.decode(os.read(self._terminal, 65_536))
        self._read_so_far = found.end()
        return found


class Bash(InteractiveShell):
    """Bash without bash-completion."""

    name = "bash"
    _alone = ("--norc", "-c")
    _command = ("--noprofile", "--rcfile", "rc.bash", "-i")
    _list = b""
    _put_in = b"\x18a"
    _print = b"\x18s\x18k"

    def _prepare(self) -> None:
        script = f'source "{FOLDER / SCRIPTS[Name.BASH]}"\n'
        (self._home / "rc.bash").write_text(script + _BASH, encoding="utf-8")


class Zsh(InteractiveShell):
    """Zsh with its own completion system, which finds the script in a folder."""

    name = "zsh"
    _alone = ("-f", "-c")
    _command = ("-d", "-i")
    _list = b"\t"
    _put_in = b"\x18a"
    _print = b"\x18s"
    _loading = f"fpath=({FOLDER} $fpath)\nautoload -Uz compinit && compinit -u -D\n"

    def _prepare(self) -> None:
        (self._home / ".zshrc").write_text(self._loading + _ZSH, encoding="utf-8")

    def offers(self, line: str) -> list[str]:
        return sorted(one.rstrip("=") for one in super().offers(line))


class EvalZsh(Zsh):
    """Zsh that reads the script as ``chatapp-tail completion zsh`` prints it."""

    _loading = f'autoload -Uz compinit && compinit -u -D\neval "$({PROGRAM} completion zsh)"\n'


class Fish(Shell):
    """Fish, which says by itself what it would offer, and how it would write it."""

    name = "fish"
    _alone = ("--no-config", "-c")

    def shown(self, line: str, text: str) -> str:
        shown = self._offered(line)
        assert text in shown
        return shown

    def _completed(self, line: str) -> str:
        before, _, _ = line.rpartition(" ")
        offers = [one.partition("\t")[0] for one in self._offered(line).splitlines()]
        return " ".join([before, *offers]) if offers else line

    def _offered(self, line: str) -> str:
        script = FOLDER / SCRIPTS[Name.FISH]
        return self._output(*self._alone, f"source {script}; complete -C --escape $argv[1]", line)

    def _arguments(self, line: str) -> list[str]:
        program = f"function {PROGRAM}; for one in $argv; printf '%s\\0' $one; end; end; "
        return self._output(*self._alone, program + line).split("\0")[:-1]


SHELLS: tuple[type[Shell], ...] = (Bash, Zsh, Fish)
