#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The Debian packages in fresh roots, as root:

    tests/compat/packages.py [--before COMMIT] [--if-made] [SUITE...]

For each suite (bookworm and trixie) the last commit's packages are made there, once, and kept. In a root that has
nothing else they are installed, run and purged, and nothing is left. In a second one, which has what data/debian/tests
needs, an older version comes first: it is upgraded under a running display, those tests pass, and it is removed.
The older version is that of COMMIT (else of the newest tag); without one it is these packages. It is called 0.0.9
where it has the same number.

--if-made (as ./check calls it) skips what is not in the cache folder: making it takes a quarter of an hour.
"""

import argparse
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
import debian_packages  # noqa: E402
import package_contents  # noqa: E402
from fresh_root import FreshRoot, RootFailed, alone_with, archive_of, run  # noqa: E402

TESTS = ("a-vm-boots", "the-library-links")
# What data/debian/tests/control names, and what reads a manual.
TESTED = ("gcc", "libc6-dev", "man-db", "pkg-config", "qemu-system-x86", "seabios")
MORE_TESTED = {"trixie": ("qemu-system-modules-opengl",), "bookworm": ()}
OLDER = "0.0.9-1"
SKIPPED = 77
# What apt, dpkg, ldconfig and programs of any package write for themselves.
NOT_OURS = re.compile(r"/(var/(lib/(dpkg|apt|systemd|ucf)|cache|log)|etc/ld\.so\.cache|tmp|run|proc|sys|dev|packages|root|ccache)\b")

# In a root of its own, without a compositor, a VMM, or anything that only Recommends bring.
ALONE = """
test "$(oriel --version | awk '{ print $2 }')" = "VERSION"
oriel --help >/tmp/help && oriel run --help >>/tmp/help && test -s /tmp/help
for page in /usr/share/man/man1/oriel*.1.gz; do zcat "$page" | grep -q '^.TH'; done
ldd /usr/bin/oriel /usr/libexec/oriel/oriel-* /usr/lib/*/liboriel-vdpy.so.1 | { ! grep 'not found'; }
export XDG_RUNTIME_DIR=/tmp
oriel headless --name alone --vfio-user /tmp/card.sock & display=$!
for _ in $(seq 100); do oriel ctl alone stats >/tmp/stats 2>&1 && break; sleep 0.2; done
oriel ctl alone stats && oriel ctl alone quit
wait $display
rm -f /tmp/help /tmp/stats
"""
# A display goes on while its program's package is replaced; the new program asks it, and ends it.
UPGRADE = """
export XDG_RUNTIME_DIR=/tmp
oriel headless --name lasting --vfio-user /tmp/card.sock & display=$!
for _ in $(seq 100); do oriel ctl lasting stats >/tmp/stats 2>&1 && break; sleep 0.2; done
apt-get -q -y --no-install-recommends install NEW
oriel ctl lasting stats && oriel ctl lasting quit
wait $display
test "$(dpkg-query -W -f '${Version}' oriel)" = "VERSION"
"""
MANUAL = """
MANROFFSEQ='' man --warnings oriel 2>&1 >/tmp/page | { ! grep .; }
grep -q SYNOPSIS /tmp/page && rm /tmp/page
"""


def say(text):
    print(f"# {text}", flush=True)


def version_of(package):
    return run("dpkg-deb", "-f", package, "Version").strip()


def files_of(root):
    listed = root.run("find", "/", "-xdev", "-not", "-type", "d")
    return {line for line in listed.splitlines() if not NOT_OURS.match(line)}


def put(root, folder, packages):
    """Packages (paths here) into the root; returns their paths there."""
    inside = root.folder / "packages" / folder
    inside.mkdir(parents=True)
    return [f"/packages/{folder}/{Path(shutil.copy(package, inside)).name}" for package in packages]


def update(root):
    try:
        root.apt("update")
    except RootFailed as failure:
        # Without the mirror: what was fetched before may do.
        say(f"apt-get update: {str(failure).splitlines()[-1]}")


def leaves_nothing(root, before):
    """After the packages, what came with them goes, too."""
    root.apt("autoremove", "--purge")
    left = files_of(root) - before
    if left:
        raise RootFailed("left behind: " + ", ".join(sorted(left)[:20]))
    if root.run("dpkg", "--audit").strip():
        raise RootFailed("dpkg --audit has something to say")


def older(packages, folder):
    """The same packages as of an older version."""
    folder.mkdir()
    for package in packages:
        tree = folder / "tree"
        version = re.escape(version_of(package))
        run("dpkg-deb", "-R", package, tree)
        control = tree / "DEBIAN" / "control"
        control.write_text(re.sub(rf"\b{version}", OLDER, control.read_text()))
        run("dpkg-deb", "--root-owner-group", "-b", tree, folder / f"{package.name.split('_')[0]}.deb")
        shutil.rmtree(tree)
    return sorted(folder.glob("*.deb"))


def installs_and_goes(suite, packages, work):
    root = FreshRoot(work / "bare", suite)
    paths = put(root, "new", packages)
    names = [package.name.split("_")[0] for package in packages]
    update(root)
    before = files_of(root)
    root.apt("install", *paths)
    root.shell(ALONE.replace("VERSION", version_of(packages[0]).split("-")[0]))
    root.apt("purge", *names)
    leaves_nothing(root, before)
    say(f"{suite}: {', '.join(names)}: installed, run, purged without a rest")
    root.remove()


def upgrades_and_passes(suite, packages, before, work):
    root = FreshRoot(work / "tested", suite, TESTED + MORE_TESTED[suite])
    old, new = put(root, "old", before), put(root, "new", packages)
    names = [package.name.split("_")[0] for package in packages]
    update(root)
    files = files_of(root)
    root.apt("install", *old)
    was = root.run("dpkg-query", "-W", "-f", "${Version}", "oriel")
    root.shell(UPGRADE.replace("NEW", " ".join(new)).replace("VERSION", version_of(packages[0])))
    say(f"{suite}: upgraded from {was} under a running display")
    for test in TESTS:
        (root.folder / "packages" / test).write_text((ROOT / "data" / "debian" / "tests" / test).read_text())
        root.run("sh", f"/packages/{test}")
        say(f"{suite}: passed: {test}")
    root.shell(MANUAL)
    root.apt("remove", *names)
    # apt does not know those that have left no configuration.
    root.run("dpkg", "--purge", *names)
    leaves_nothing(root, files)
    say(f"{suite}: removed, then purged without a rest")
    root.remove()


def newest_tag():
    tags = run("git", "-C", ROOT, "tag", "--list", "v*", "--sort=-v:refname", "--no-contains", "HEAD").split()
    return tags[0] if tags else None


def check_suite(suite, options, work):
    """Returns why it was skipped, or nothing."""
    before = options.before or newest_tag()
    wanted = [debian_packages.kept(suite)] + ([debian_packages.kept(suite, before)] if before else [])
    wanted += [archive_of(suite, ()), archive_of(suite, TESTED + MORE_TESTED[suite])]
    missing = [path.name for path in wanted if not path.exists()]
    if options.if_made and missing:
        return f"{', '.join(missing)} not in the cache folder: run tests/compat/packages.py as root"
    packages = released(debian_packages.make(suite, "HEAD", work / "builder", say))
    package_contents.check(packages, work / "contents")
    say(f"{suite}: the programs are hardened, the SBOM names their libraries")
    old = released(debian_packages.make(suite, before, work / "builder-before", say)) if before else packages
    if version_of(old[0]) == version_of(packages[0]):
        # Between two releases commits have one number, and apt would leave it at that.
        old = older(old, work / "older")
    with alone_with(suite):
        installs_and_goes(suite, packages, work)
        upgrades_and_passes(suite, packages, old, work)
    return None


def released(packages):
    return [package for package in packages if "dbgsym" not in package.name]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suites", nargs="*", default=list(debian_packages.SUITES))
    parser.add_argument("--before")
    parser.add_argument("--if-made", action="store_true")
    options = parser.parse_args()
    if os.geteuid() != 0 or shutil.which("mmdebstrap") is None:
        print("SKIP root rights and mmdebstrap are needed")
        return SKIPPED
    reasons = []
    for suite in options.suites:
        work = Path(tempfile.mkdtemp(prefix="oriel-packages-", dir="/var/tmp"))
        try:
            reasons.append(check_suite(suite, options, work))
        except RootFailed as failure:
            print(f"{suite}: {failure}")
            return 1
        finally:
            shutil.rmtree(work, ignore_errors=True)
    if all(reasons):
        print(f"SKIP {reasons[0]}")
        return SKIPPED
    return 0


sys.exit(main())
