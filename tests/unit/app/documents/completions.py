# SPDX-License-Identifier: MIT
"""completions.py SOURCES SHELL: asks bash, zsh or fish what completes command lines of oriel, with
the committed completions. The options page says what there is. Skips (77) without that shell."""

import os
import pty
import re
import select
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SOURCES = Path(sys.argv[1])
SHELL = sys.argv[2]
COMPLETIONS = SOURCES / "data/completions"
PATIENCE_SECONDS = 60

BASH = r"""
source "$1"
line=$2
# As readline does: "=" ends a word and is one.
read -ra COMP_WORDS <<<"${line//=/ = }"
case $line in *' ') COMP_WORDS+=('') ;; esac
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_oriel
printf '%s\n' "${COMPREPLY[@]}"
"""

FISH = r"""
source $argv[1]
complete -C $argv[2]
"""

# Writes every word that is offered to $OUT; Tab completes and then writes END.
ZSH = r"""
PS1=''
# A long list is not asked about: that question would take the next key.
LISTMAX=1000000
fpath=($FOLDER $fpath)
autoload -Uz compinit
compinit -u -D
compadd() {
    if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
        builtin compadd "$@"
        return
    fi
    local -a offered
    builtin compadd -A offered "$@"
    print -rl -- $offered >> $OUT
    builtin compadd "$@"
}
complete_and_say() { zle list-choices; print END >> $OUT; zle kill-whole-line }
zle -N complete_and_say
bindkey '^I' complete_and_say
print READY >> $OUT
"""


class Zsh:
    """An interactive zsh on a terminal of its own: completion works nowhere else."""

    def __init__(self, folder, environment):
        self.out = folder / "offered"
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder / "work")
            os.execvpe("zsh", ["zsh", "-f", "-i"], {**environment, "OUT": str(self.out),
                                                    "FOLDER": str(COMPLETIONS), "TERM": "xterm"})
        (folder / "setup").write_text(ZSH)
        self.send(f"source {folder}/setup\n")
        self.wait_for("READY")

    def send(self, text):
        os.write(self.terminal, text.encode())

    def wait_for(self, last):
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            if select.select([self.terminal], [], [], 0.02)[0]:
                os.read(self.terminal, 65536)
            if self.out.exists() and self.out.read_text().endswith(last + "\n"):
                return self.out.read_text().splitlines()[:-1]
        raise AssertionError("zsh does not answer")

    def __call__(self, line):
        self.out.write_text("")
        self.send(line + "\t")
        return self.wait_for("END")


def run(arguments, environment, folder):
    done = subprocess.run(arguments, env=environment, cwd=folder, capture_output=True, text=True,
                          check=False, timeout=PATIENCE_SECONDS)
    assert not done.stderr, f"{arguments[-1]}: {done.stderr}"
    return done.stdout.splitlines()


def asker(folder, environment):
    """A function from a command line to the words that the shell offers at its end."""
    if SHELL == "zsh":
        return Zsh(folder, environment)
    work = folder / "work"
    if SHELL == "fish":
        return lambda line: run(["fish", "--no-config", "-c", FISH, COMPLETIONS / "oriel.fish",
                                 line], environment, work)
    return lambda line: run(["bash", "--norc", "-c", BASH, "bash", COMPLETIONS / "oriel.bash",
                             line], environment, work)


def documented():
    """Options by command and by command of ctl, as the options page has them."""
    serving = ("show", "headless", "run")
    options = {}
    for part in re.split(r"^#### ", (SOURCES / "data/doc/options.md").read_text(), flags=re.M)[1:]:
        name = re.match(r"`(--[a-z-]+)`", part).group(1)
        body = re.split(r"^#", part, flags=re.M)[0]
        only = re.search(r"With (.*) only\.", body)
        commands = re.findall(r"`([a-z]+)`", only.group(1)) if only else serving
        for command in () if name == "--version" else commands:
            options.setdefault(command, set()).add(name)
    return options


def test(offered, options):
    def words(line):
        found = {re.split(r"\t", word)[0] for word in offered(line)} - {""}
        last = line.split(" ")[-1]
        # fish offers the whole word, --path=direct.
        return {word.split("=", 1)[1] if "=" in last and "=" in word else word.rstrip("=")
                for word in found}

    def check(line, expected, what=None):
        got = words(line)
        got = what(got) if what else got
        assert got == set(expected), f"{line!r} offers {sorted(got)}, not {sorted(expected)}"

    def some(line, expected, never=()):
        got = words(line)
        assert set(expected) <= got and not set(never) & got, f"{line!r} offers {sorted(got)}"

    def long_options(found):
        return {word for word in found if re.fullmatch(r"--[a-z-]+", word)}

    some("oriel ", ["show", "headless", "run", "ctl", "version"])
    check("oriel sh", ["show"])
    for command in ("show", "headless", "run"):
        assert len(options[command]) > 10, options
        check(f"oriel {command} --", options[command], long_options)
    some("oriel show --fu", ["--fullscreen"])
    check("oriel show --path ", ["auto", "direct", "gles", "upload", "shm"])
    check("oriel show --keep --path d", ["direct"])
    check("oriel run --path=d", ["direct"])
    check("oriel headless --vga-memory ", ["16M", "32M", "64M", "128M"])
    check("oriel show --name ", [])
    some("oriel show --option-rom ", ["rom.bin"])
    some("oriel show --option-rom r", ["rom.bin"])

    check("oriel ctl ", ["demo", "other.vm", "list"], lambda found: found - long_options(found))
    check("oriel ctl d", ["demo"])
    commands = ["screenshot", "record", "stats", "key", "type", "pointer", "move", "button", "wheel", "touch",
                "screen", "hud", "wait", "quit"]
    check("oriel ctl demo ", commands)
    of_kiosk = ["status", "start", "stop", "restart", "switch", "reload", "quit"]
    check("oriel ctl kiosk ", of_kiosk)
    check("oriel ctl demo sc", ["screenshot", "screen"])
    check("oriel ctl demo --scanout 1 sc", ["screenshot", "screen"])
    for command in commands + of_kiosk + ["list"]:
        name = "kiosk" if command in of_kiosk else "demo"
        line = "oriel ctl list --" if command == "list" else f"oriel ctl {name} {command} --"
        check(line, options.get(command, set()) | {"--help"},
              lambda found: long_options(found) | {"--help"})
    some("oriel ctl demo screenshot ", ["rom.bin"])
    some("oriel ctl demo record r", ["rom.bin"])
    some("oriel ctl demo screenshot --scanout 1 r", ["rom.bin"])
    some("oriel ctl demo button ", ["left", "right", "middle", "side", "extra"])
    check("oriel ctl demo button m", ["middle"])
    some("oriel ctl demo screen 0 ", ["on", "off"])
    some("oriel ctl demo move -5 ", [], never=["left", "on", "rom.bin"])

    some("oriel run --name a -- ", [], never=["--name", "--path"])
    some("oriel run --name a -- qemu-for-te", ["qemu-for-test"])
    some("oriel run -- qemu-for-test r", ["rom.bin"])


def program(path, text):
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def main():
    if shutil.which(SHELL) is None:
        print(f"SKIP there is no {SHELL}")
        return 77
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for sub in ("bin", "work", "home"):
            (folder / sub).mkdir()
        (folder / "work/rom.bin").touch()
        program(folder / "bin/oriel", "echo 'demo      window    process 1'\n"
                                      "echo 'other.vm  headless  process 2'\n")
        program(folder / "bin/qemu-for-test", "")
        environment = {**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}",
                       "HOME": f"{folder}/home", "XDG_CONFIG_HOME": f"{folder}/home",
                       "XDG_DATA_HOME": f"{folder}/home", "LC_ALL": "C.UTF-8"}
        test(asker(folder, environment), documented())
    return 0


sys.exit(main())
