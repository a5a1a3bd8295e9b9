# SPDX-License-Identifier: MIT
"""All checks of the project, one after the other; ./check calls it.

Each step and each meson test counts once. Output of a step appears only when it fails.
"""

import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import cves
import desktop_entries
import failure_words
import faults
import frames_way
import house
import layers
import log_limits
import named_tests
import pages
import specification
import tidy

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ORIEL_BUILD") or ROOT / "build")
SOURCES = ("*.cpp", "*.h")
PROGRESS_SECONDS = 15
# clang-tidy of files that have not changed ends when the whole run has taken this long, and that of
# those that have at the second time; each is given a minute in any case.
ENOUGH_SECONDS = 27 * 60
MOST_SECONDS = 34 * 60
TIDY_LEAST = 60
# What takes the time of a build from nothing. Libraries are compiled in groups of files, and without
# information for a debugger.
FAST_BUILD = ("-Dtests=true", "-Dunity=on", "-Dunity_size=10", "-Ddebug=false")
FORMAT_VERSION = "14"
LSAN_CRASHED = "LeakSanitizer has encountered a fatal error"
JOBS = str(os.cpu_count() or 1)
# Tests with a virtual machine wait for something most of the time.
VM_JOBS = str((os.cpu_count() or 1) + 1)


class Count:
    """What passed, failed and was skipped so far."""

    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []

    def add(self, result, name, seconds, note="", said=""):
        """`said` is the output of a failure, for the end of the run."""
        print(f"{result}  {name}" + (f": {note}" if note else "") + f"  ({seconds:.0f} s)",
              flush=True)
        if result == "PASS":
            self.passed += 1
        elif result == "SKIP":
            self.skipped.append(name)
        else:
            self.failed.append((name, failure_words.essence(said or note)))


class StepSkipped(Exception):
    """A step can't say anything here; the text says why."""


class StepFailed(Exception):
    """A step found something; the text is for whoever has to repair it."""


def run(arguments, **options):
    """Runs a command; returns its output, or fails the step with it. A long one shows every 15 s
    how far it is, if its lines start with [n/m] as ninja's do."""
    process = subprocess.Popen([str(argument) for argument in arguments], cwd=ROOT, text=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, errors="replace", **options)
    output, shown = [], time.monotonic()
    for line in process.stdout:
        output.append(line)
        progress = re.match(r"\[\d+/\d+\]", line)
        if progress and time.monotonic() - shown > PROGRESS_SECONDS:
            print(f"      {progress.group(0)}", flush=True)
            shown = time.monotonic()
    if process.wait() != 0:
        lines = "".join(output).splitlines()
        wrong = [line for line in lines if re.search(r"error|FAILED|warning", line)]
        raise StepFailed("\n".join(
            (wrong[:30] + ["..."] if len(lines) > 120 and wrong else []) + lines[-60:]))
    return "".join(output)


def step(count, name, action):
    print(f"....  {name}", flush=True)
    start = time.monotonic()
    try:
        note = action()
        count.add("PASS", name, time.monotonic() - start, note or "")
        return True
    except StepSkipped as reason:
        count.add("SKIP", name, time.monotonic() - start, str(reason))
        return False
    except StepFailed as failure:
        print(failure)
        count.add("FAIL", name, time.monotonic() - start, said=str(failure))
        return False


def configure(folder, *options, compiler=None):
    """Makes a build folder, or brings an existing one's options up to date."""
    environment = dict(os.environ)
    if (folder / "build.ninja").exists():
        made = folder / "precompiled.h"
        packages = Path("/var/lib/dpkg/status")
        if made.exists() and packages.exists() and packages.stat().st_mtime > made.stat().st_mtime:
            # The headers of the system may have changed under the precompiled one.
            made.unlink()
            run(["meson", "setup", "--reconfigure", folder])
        run(["meson", "configure", folder, "-Dwerror=true", *options])
        return
    if compiler:
        c, cxx = compiler
        environment["CC"], environment["CXX"] = (
            (f"ccache {c}", f"ccache {cxx}") if has("ccache") else (c, cxx))
        if has("ld.lld"):
            environment["CXX_LD"] = "lld"  # a third of the time for 120 sanitized programs
    run(["meson", "setup", folder, "-Dwerror=true", *options], env=environment)


def has(program):
    return any(os.access(Path(folder) / program, os.X_OK)
               for folder in os.environ.get("PATH", "").split(":") if folder)


def build(folder, *options, compiler=None, targets=()):
    configure(folder, *options, compiler=compiler)
    run(["ninja", "-C", folder, "-j", JOBS, *targets])


def tracked(*patterns):
    """Files of the checkout, also new ones that git doesn't ignore."""
    listed = run(["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns])
    return [name for name in listed.splitlines() if (ROOT / name).exists()]


def build_threads(folder):
    """ThreadSanitizer's build: the programs of the suite `threads` alone, which say that there are no data
    races. It needs a build of its own, as it can't be joined with AddressSanitizer."""
    configure(folder, "-Db_sanitize=thread", "-Db_lundef=false", "-Doptimization=0",
              "-Dcpp_args=-gline-tables-only", "-Dbench=disabled", *FAST_BUILD, compiler=("clang", "clang++"))
    tests = json.loads(run(["meson", "introspect", "--tests", folder]))
    programs = {os.path.relpath(test["cmd"][0], folder) for test in tests
                if any(suite.endswith("threads") for suite in test["suite"])}
    if not programs:
        raise StepFailed("no test is in the suite threads")
    run(["ninja", "-C", folder, "-j", JOBS, *sorted(programs)])
    return f"{len(programs)} programs"


def check_format():
    """The source is as clang-format 14 (Debian 12) writes it; other versions break some lines elsewhere."""
    version = re.search(r"version (\d+)", run(["clang-format", "--version"]))
    if version and version.group(1) != FORMAT_VERSION:
        raise StepSkipped(f"the source is formatted by clang-format {FORMAT_VERSION}, here is {version.group(1)}")
    files = tracked(*SOURCES)
    run(["clang-format", "--dry-run", "-Werror", *files])
    return f"{len(files)} files"


def check_scripts():
    scripts = [name for name in tracked()
               if (ROOT / name).read_bytes()[:32].startswith((b"#!/bin/bash", b"#!/bin/sh"))
               or name.endswith(".sh")]
    # SC2034, SC2154: it doesn't follow variables into a sourced file whose path is computed.
    run(["shellcheck", "--shell=bash", "--severity=warning", "--exclude=SC2034,SC2154", *scripts])
    return f"{len(scripts)} scripts"


def check_licences():
    wrong = [name for name in tracked("*.cpp", "*.h", "*.py", "*.sh", "*.build", "*.vert", "*.frag")
             if "SPDX-License-Identifier: MIT" not in (ROOT / name).read_text()[:200]]
    if wrong:
        raise StepFailed("no SPDX line at the top of: " + ", ".join(wrong))


def check_with(module):
    complaints = module.complaints(ROOT)
    if complaints:
        raise StepFailed("\n".join(complaints))


def check_tidy(count, begin):
    # A configuration of its own: the builds join files (unity), clang-tidy sees each alone, as a
    # package's or a developer's build does.
    folder = BUILD.with_name(BUILD.name + "-tidy")
    configure(folder, "-Dtests=false", "-Dbench=disabled", "-Ddebug=false", "-Doptimization=0",
              compiler=("clang", "clang++"))
    run(["ninja", "-C", folder, "-j", JOBS, *tidy.generated(folder)])
    taken = time.monotonic() - begin
    seconds = max(TIDY_LEAST, min(tidy.SECONDS, ENOUGH_SECONDS - taken))
    checked, cached, left, complaints = tidy.check(ROOT, folder, PROGRESS_SECONDS, seconds,
                                                   max(TIDY_LEAST, MOST_SECONDS - taken))
    if complaints:
        raise StepFailed("\n".join(complaints))
    if left:
        count.add("SKIP", "clang-tidy of all files", 0,
                  f"{left} files are left for the next run: {seconds:.0f} s are over")
    return f"{checked + cached} files, {cached} of them unchanged since they passed"


def again(result, said):
    """LeakSanitizer crashes itself now and then (clang 14: "Tracer caught signal 11"), after all
    cases have run. That says nothing about the program: it is run once more, and that counts."""
    if result["result"] != "FAIL" or LSAN_CRASHED not in said:
        return result, said
    print(f"      {result['name']}: LeakSanitizer crashed, once more", flush=True)
    run = subprocess.run(result["command"], cwd=ROOT, capture_output=True, text=True,
                         errors="replace", check=False, timeout=600,
                         env={**os.environ, **result.get("env", {})})
    return ({**result, "result": "FAIL" if run.returncode else "OK"}, run.stdout + run.stderr)


def run_tests(count, folder, prefix, *arguments, jobs=JOBS):
    """Runs meson tests, prints each as it ends, and counts each."""
    log = folder / "meson-logs" / "testlog.json"
    log.unlink(missing_ok=True)
    print(f"....  {prefix}", flush=True)
    process = subprocess.Popen(
        ["meson", "test", "-C", str(folder), "--no-rebuild", "--num-processes", jobs, *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
        env={**os.environ, "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"})
    output = []
    for line in process.stdout:
        output.append(line)
        found = re.match(r"\s*(\d+/\d+) (.*?)\s+(OK|FAIL|SKIP|TIMEOUT|ERROR)\s+([\d.]+)s", line)
        if found:
            print(f"      {found.group(1)} {found.group(2)}: {found.group(3)}", flush=True)
    process.wait()
    results = []
    if log.exists():
        results = [json.loads(line) for line in log.read_text().splitlines() if line.strip()]
    if not results:
        print("".join(output[-40:]))
        count.add("FAIL", prefix, 0, "meson ran no tests")
        return
    for result in results:
        name = f"{prefix}: {result['name'].split(' / ')[-1].strip()}"
        said = (result.get("stdout") or "") + (result.get("stderr") or "")
        result, said = again(result, said)
        if count_tap(count, name, said, result["result"]):
            continue
        if result["result"] == "OK":
            count.add("PASS", name, result["duration"])
        elif result["result"] == "SKIP":
            reason = re.search(r"^(?:1\.\.0 # )?SKIP (.*)", said, re.M)
            count.add("SKIP", name, result["duration"], reason.group(1) if reason else "")
        else:
            print("\n".join(said.splitlines()[-60:]))
            count.add("FAIL", name, result["duration"], result["result"].lower(), said)


def count_tap(count, test, said, verdict):
    """Counts each check of a test that reports in TAP, with the comment before it as its note.
    False if this is none, or reports a skip of the whole."""
    lines = said.splitlines()
    plan = next((int(line[3:]) for line in lines if re.fullmatch(r"1\.\.[1-9]\d*", line)), None)
    if plan is None:
        return False
    note, passed, failed = "", 0, 0
    for line in lines:
        found = re.match(r"(not )?ok \d+ - (.*?)( # SKIP .*)?$", line)
        if found:
            bad = found.group(1) is not None
            passed, failed = passed + (not bad), failed + bad
            count.add("FAIL" if bad else "SKIP" if found.group(3) else "PASS",
                      f"{test}: {found.group(2)}", 0, note, said)
        note = line[2:] if line.startswith("# ") else ""
    if not failed and (verdict != "OK" or passed < plan):
        count.add("FAIL", test, 0, f"{verdict.lower()} after {passed} of {plan} checks", said)
        failed = 1
    if failed:
        print("\n".join(lines[-80:]))
    return True


def prepare_vm():
    """Fetches what the virtual machine needs, while the builds run: most of it is waiting for a
    mirror. Not a step: where it can't be had, each test that wants it skips and says why."""
    for arguments in (["qemu", "--prepare"], ["kernel", "debian"], ["kernel", "new"], ["efi"],
                      ["lab-root", "stable"], ["lab-root", "new"], ["lab-root", "gl"],
                      ["kernel", "--lab", "trixie"], ["kernel", "--lab", "new"],
                      ["qemu", "--aarch64", "--prepare"], ["installer"],
                      ["os-autoinst", "--prepare"]):
        subprocess.run([ROOT / "tests" / "vm" / arguments[0], *arguments[1:]], check=False,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def main():
    quick = "--quick" in sys.argv[1:]
    begin = time.monotonic()
    count = Count()
    preparation = threading.Thread(target=prepare_vm, daemon=True)
    if not quick:
        preparation.start()
    built = step(count, "build with the system's compiler, -Werror", lambda: build(
        BUILD, "-Dbench=auto", "-Doptimization=2", *FAST_BUILD))
    step(count, "layers: no include points upward", lambda: check_with(layers))
    step(count, "no peer can fill the log", lambda: check_with(log_limits))
    step(count, "every source names its licence", check_licences)
    step(count, "every complaint of users has its test", lambda: check_with(named_tests))
    step(count, "every mended fault has its test", lambda: check_with(faults))
    step(count, "every published fault of other devices has its test", lambda: check_with(cves))
    step(count, "every promise of the specification has its test", lambda: check_with(specification))
    step(count, "the frame's way and the limits name what is there", lambda: check_with(frames_way))
    step(count, "the house rules that can be counted hold", lambda: check_with(house))
    step(count, "the desktop entries are valid", lambda: check_with(desktop_entries))
    step(count, "no link of a page is dead, the README is one screen", lambda: check_with(pages))
    step(count, "clang-format", check_format)
    step(count, "shellcheck", check_scripts)
    if built:
        run_tests(count, BUILD, "test", "--no-suite", "e2e", "--no-suite", "vm",
                  "--no-suite", "hostile")
    # One build for the second compiler and the sanitizers: a build costs minutes. Without vptr: UBSan
    # looks at an object's type through a pipe, and calls every type wrong where tests leave no file
    # descriptor.
    sanitized = BUILD.with_name(BUILD.name + "-clang")
    if step(count, "build with clang, -Werror, ASan and UBSan", lambda: build(
            sanitized, "-Db_sanitize=address,undefined", "-Db_lundef=false", "-Doptimization=0",
            "-Dcpp_args=-fno-sanitize=vptr -gline-tables-only", "-Dbench=disabled", *FAST_BUILD,
            compiler=("clang", "clang++"))):
        run_tests(count, sanitized, "clang and sanitizers", "--no-suite", "e2e",
                  "--no-suite", "vm", "--no-suite", "hostile", "--timeout-multiplier", "4")
    threads = BUILD.with_name(BUILD.name + "-threads")
    if step(count, "build with ThreadSanitizer", lambda: build_threads(threads)):
        run_tests(count, threads, "threads", "--suite", "threads")
    if built and not quick:
        print("....  what the virtual machines need", flush=True)
        preparation.join()
        run_tests(count, BUILD, "e2e", "--suite", "e2e", jobs=VM_JOBS)
        run_tests(count, BUILD, "hostile", "--suite", "hostile")
        run_tests(count, BUILD, "vm", "--suite", "vm")
    step(count, "clang-tidy", lambda: check_tidy(count, begin))
    print(f"took {(time.monotonic() - begin) / 60:.1f} minutes")
    for name, said in count.failed:
        print(f"failed: {name}", *said, sep="\n    ")
    print(f"{count.passed} passed, {len(count.failed)} failed, {len(count.skipped)} skipped")
    sys.exit(1 if count.failed else 0)


main()
