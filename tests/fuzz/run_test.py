# SPDX-License-Identifier: MIT
"""tests/fuzz/run with programs in place of the targets: turns, counts, findings and the exit status."""

import csv
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

RUN = Path(__file__).resolve().with_name("run")
# They take libFuzzer's arguments, and say what it says.
GOOD = """#!/bin/sh
echo "Done 7 runs in 1 second(s)" >&2
echo "stat::number_of_executed_units: 7" >&2
for last; do case $last in -artifact_prefix=*|-*) ;; *) inputs=${inputs:-$last};; esac; done
echo found >"$inputs/one"
"""
CRASHES = """#!/bin/sh
for one; do case $one in -artifact_prefix=*) prefix=${one#*=};; esac; done
printf '#4\\tpulse\\n' >&2
echo "==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x1" >&2
echo x >"${prefix}crash-1"
exit 77
"""
KILLED = """#!/bin/sh
kill -9 $$
"""
# Half a second of CPU time, and counts when it is interrupted.
BUSY = f"""#!{sys.executable}
import signal, sys, time
end = time.process_time() + 0.6
while time.process_time() < end:
    pass
def stop(*_):
    sys.stderr.write("stat::number_of_executed_units: 9\\n")
    sys.exit(72)
signal.signal(signal.SIGINT, stop)
print("ready", file=open("@READY@", "w"), flush=True)
time.sleep(30)
"""


class RunTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "programs").mkdir()

    def target(self, name, text):
        path = self.folder / "programs" / f"fuzz-{name}"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)

    def run_it(self, *arguments):
        return subprocess.run(
            [sys.executable, RUN, "--programs", self.folder / "programs", "--work", self.folder / "work",
             "--hours", "0.0004", "--slice", "1", "--no-coverage", *arguments],
            capture_output=True, text=True, check=False, timeout=60, env=os.environ)

    def test_targets_have_their_turns_and_are_counted(self):
        self.target("a", GOOD)
        self.target("b", GOOD)
        result = self.run_it()
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("a: 7 executions, 0 CPU seconds, 1 inputs", result.stdout)
        self.assertIn("b: 7 executions, 0 CPU seconds, 1 inputs", result.stdout)
        self.assertRegex(result.stdout, r"2 targets, \d+ executions, 0\.00 hours, 0\.00 CPU-hours, 0 findings")

    def test_a_finding_is_kept_and_is_status_1(self):
        self.target("a", GOOD)
        self.target("b", CRASHES)
        result = self.run_it()
        self.assertEqual(result.returncode, 1)
        self.assertIn("FOUND b: ", result.stdout)
        self.assertIn("heap-buffer-overflow", result.stdout)
        self.assertRegex(result.stdout, r"b: 4 executions")
        self.assertTrue((self.folder / "work/findings/b/crash-1").exists())
        self.assertIn("AddressSanitizer",
                      (self.folder / "work/findings/b/crash-1.txt").read_text(encoding="utf-8"))
        # It is open until somebody takes it away.
        self.assertEqual(self.run_it("--hours", "0").returncode, 1)

    def test_a_program_that_is_killed_is_a_finding_too(self):
        self.target("c", KILLED)
        result = self.run_it()
        self.assertEqual(result.returncode, 1)
        self.assertIn("FOUND c: ", result.stdout)

    def test_cpu_time_is_logged_a_line_a_target_and_summed_over_runs(self):
        ready = self.folder / "ready"
        self.target("a", BUSY.replace("@READY@", str(ready)))
        log = self.folder / "log.csv"
        log.write_text("began,target,executions,seconds,cpu_seconds,findings\n"
                       "2026-11-30 20:00:00,z,5,40000,36000,0\n", encoding="utf-8")
        # Stopped in the middle, as runs of hours are.
        process = subprocess.Popen(
            [sys.executable, RUN, "--programs", self.folder / "programs", "--work", self.folder / "work",
             "--no-coverage", "--log", log], stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        deadline = time.monotonic() + 30
        while not ready.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=30)[0]
        self.assertEqual(process.returncode, 0, said)
        with log.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([row["target"] for row in rows], ["z", "a"])
        self.assertEqual((rows[1]["executions"], rows[1]["cpu_seconds"], rows[1]["findings"]), ("9", "1", "0"))
        self.assertIn(f"all runs in {log}: 10.00 CPU-hours", said)

    def test_an_unknown_target_is_told(self):
        self.target("a", GOOD)
        result = self.run_it("--only", "b")
        self.assertEqual(result.returncode, 1)
        self.assertIn("no such target: b; there are a", result.stderr)


if __name__ == "__main__":
    unittest.main()
