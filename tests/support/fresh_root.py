# SPDX-License-Identifier: MIT
"""A fresh Debian in a folder, for tests that need root rights anyway: what is installed there touches
nothing of the machine.

Its archive and the packages that apt fetches for it are kept in the cache folder
(tests/vm/lib.sh), so that a second root of the same kind takes seconds.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from cache_folder import cache_folder

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = ("PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive")
LINES_OF_FAILURE = 40
# No root outlives the machine's next crash.
QUICKLY = "force-unsafe-io"


class RootFailed(Exception):
    """A command failed; the text has the end of what it said."""


def run(*command, name="", **options):
    """Runs a command of this machine; returns what it said. `name` is what a failure calls it."""
    done = subprocess.run([str(word) for word in command], check=False, text=True, errors="replace",
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    if done.returncode:
        end = "\n".join(done.stdout.splitlines()[-LINES_OF_FAILURE:])
        name = name or " ".join(map(str, command))
        raise RootFailed(f"{name[:300]}: status {done.returncode}\n{end}")
    return done.stdout


def mirror():
    return run("bash", "-c", f". {ROOT}/tests/vm/lib.sh && vm_mirror").strip()


def archive_of(suite, packages):
    """A root's archive: where it lies, made or not."""
    kind = hashlib.sha256(" ".join(sorted(packages)).encode()).hexdigest()[:12]
    return cache_folder() / f"root-{suite}-{kind}.tar"


@contextlib.contextmanager
def alone_with(suite):
    """Whoever else has roots of the suite waits: apt locks the folder of what it fetched."""
    with (cache_folder() / f"apt-{suite}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class FreshRoot:
    """Commands run in it as root, with processes and mounts of their own."""

    def __init__(self, folder, suite, packages=()):
        self.folder = Path(folder)
        self.suite = suite
        self.shared = {"/var/cache/apt/archives": cache_folder() / f"apt-{suite}"}
        archive = archive_of(suite, packages)
        if not archive.exists():
            self._make(archive, packages)
        self.folder.mkdir(parents=True)
        run("tar", "-C", self.folder, "--numeric-owner", "--exclude=./dev/*", "-xf", archive)
        shutil.copy("/etc/resolv.conf", self.folder / "etc" / "resolv.conf")

    @staticmethod
    def _make(archive, packages):
        suite = archive.name.split("-")[1]
        making = archive.with_suffix(f".making-{os.getpid()}.tar")
        try:
            more = [f"--include={','.join(packages)}"] if packages else []
            run("mmdebstrap", "--quiet", "--variant=apt", *more, '--aptopt=APT::Install-Recommends "false"',
                f"--dpkgopt={QUICKLY}", suite, making, f"deb {mirror()} {suite} main")
            making.rename(archive)
        finally:
            making.unlink(missing_ok=True)

    def share(self, inside, folder):
        """A folder of this machine is seen in the root, too."""
        self.shared[inside] = Path(folder)

    def run(self, *command, user="", environment=(), hostname="oriel", before=()):
        """`user` is UID:HOME, else it is root; `before` is put in front of the command, in the root."""
        steps = ["set -e", f"hostname {hostname}", f'mount -t proc proc "{self.folder}/proc"',
                 f'mount --rbind /dev "{self.folder}/dev"']
        for inside, outside in self.shared.items():
            outside.mkdir(parents=True, exist_ok=True)
            (self.folder / inside.lstrip("/")).mkdir(parents=True, exist_ok=True)
            steps.append(f'mount --bind "{outside}" "{self.folder}{inside}"')
        steps.append(f'exec chroot "{self.folder}" "$@"')
        identity, home = [], "/root"
        if user:
            number, home = user.split(":")
            identity = ["setpriv", f"--reuid={number}", f"--regid={number}", "--clear-groups"]
        return run("unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", "-c",
                   "\n".join(steps), "bash", "env", "-i", *ENVIRONMENT, f"HOME={home}", *environment, *identity,
                   *before, *command, name=f"in a {self.suite} root: {' '.join(command)}")

    def shell(self, lines, **options):
        return self.run("bash", "-euc", lines, **options)

    def apt(self, *arguments):
        # What was fetched stays, for the next root.
        options = (f"DPkg::Options::=--{QUICKLY}", "Binary::apt-get::APT::Keep-Downloaded-Packages=true")
        return self.run("apt-get", "-q", "-y", "--no-install-recommends",
                        *(word for option in options for word in ("-o", option)), *arguments)

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)
