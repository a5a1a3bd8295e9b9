# SPDX-License-Identifier: MIT
"""Oriel's Debian packages, made by data/debian/make in a fresh root; kept in the cache folder by the
release and the state of the sources, so that nothing is made twice."""

import hashlib
import os
import re
import shutil
from pathlib import Path

from cache_folder import cache_folder
from fresh_root import ROOT, FreshRoot, run

SUITES = ("bookworm", "trixie")
NOT_IN_PACKAGES = ("check", "demo", "tests")
# What data/debian/make wants, and what a reproducible build's other clock comes from.
SETS = ("build", "package")
MORE = ("ca-certificates", "faketime", "git", "xz-utils")


class Surroundings:
    """What a build must not depend on. `clock` is faketime's word for another time."""

    def __init__(self, folder, user, umask, hostname, environment, clock="", cached=False):
        self.folder = folder
        self.user = user  # UID:HOME
        self.umask = umask
        self.hostname = hostname
        self.environment = environment
        self.clock = clock
        self.cached = cached


USUAL = Surroundings("/build/oriel", "1000:/build", "022", "builder", ("TZ=UTC", "USER=builder"), cached=True)


def builder_packages():
    lines = (line.split() for line in (ROOT / "data" / "setup" / "packages").read_text().splitlines())
    return sorted({words[1] for words in lines if words and words[0] in SETS} | set(MORE))


def commit_id(commit):
    return run("git", "-C", ROOT, "rev-parse", f"{commit}^{{commit}}").strip()


def state_of(commit):
    """A word for all that the packages are made of: the commit's tree, without what only tests it."""
    entries = run("git", "-C", ROOT, "ls-tree", commit).splitlines()
    made_of = [entry for entry in entries if entry.split("\t")[1] not in NOT_IN_PACKAGES]
    return hashlib.sha256("\n".join(made_of).encode()).hexdigest()[:16]


def kept(suite, commit="HEAD"):
    """Where packages of that state lie, or would lie; beside them the file `commit` says of which commit."""
    return cache_folder() / f"packages-{suite}-{state_of(commit)}"


def build(suite, commit, work, surroundings):
    """Returns (the folder with what was made, lintian's lines)."""
    root = FreshRoot(work, suite, builder_packages())
    number, home = surroundings.user.split(":")
    source = root.folder / surroundings.folder.lstrip("/")
    source.parent.mkdir(parents=True)
    run("git", "clone", "-q", "--no-checkout", ROOT, source)
    run("git", "-C", source, "checkout", "-q", "--detach", commit_id(commit))
    (root.folder / home.lstrip("/")).mkdir(parents=True, exist_ok=True)
    for folder in (source.parent, root.folder / home.lstrip("/")):
        run("chown", "-R", f"{number}:{number}", folder)
    environment = list(surroundings.environment)
    if surroundings.cached:
        compiled = cache_folder() / f"builder-ccache-{suite}"
        compiled.mkdir(exist_ok=True)
        # With all that is in it: whoever compiled on this machine with that cache was another user.
        run("chown", "-R", f"{number}:{number}", compiled)
        root.share("/ccache", compiled)
        environment.append("CCACHE_DIR=/ccache")
    else:
        environment.append("CCACHE_DISABLE=1")
    said = root.shell(f"umask {surroundings.umask}; cd {surroundings.folder}; data/debian/make ../packages",
                      user=surroundings.user, environment=environment, hostname=surroundings.hostname,
                      before=("faketime", "-f", surroundings.clock) if surroundings.clock else ())
    return source.parent / "packages", [line for line in said.splitlines() if re.match(r"[EWIN]: ", line)]


def make(suite, commit, work, say):
    """The packages of a commit (paths), made now where they were not kept."""
    folder = kept(suite, commit)
    if not folder.exists():
        say(f"making the packages in a fresh {suite}")
        made, lintian = build(suite, commit, work, USUAL)
        say("\n".join(lintian) or "lintian: no error, no warning")
        keep(made, folder, commit)
        shutil.rmtree(work, ignore_errors=True)
    return sorted(folder.glob("*.deb"))


def keep(made, folder, commit):
    making = folder.with_name(f".making-{os.getpid()}")
    making.mkdir()
    for path in sorted(Path(made).glob("*.deb")):
        shutil.copy(path, making)
    (making / "commit").write_text(commit_id(commit))
    making.rename(folder)
