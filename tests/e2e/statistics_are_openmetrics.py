# SPDX-License-Identifier: MIT
"""`oriel ctl --all stats --openmetrics` is what Prometheus' own parser reads, also while one of the VMs'
processes hangs; and so it is with `oriel top`."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

from harness import Skip, check, main

# Debian's own: the package is for no other.
PYTHON = "/usr/bin/python3"
PARSER = """
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
print(json.dumps([(sample.name, sorted(sample.labels.items()), sample.value)
                  for family in text_string_to_metric_families(sys.stdin.read())
                  for sample in family.samples]))
"""


def parsed(text):
    """(name, labels) to value; fails where it is no OpenMetrics."""
    result = subprocess.run([PYTHON, "-c", PARSER], input=text, capture_output=True, text=True,
                            check=False)
    check(result.returncode == 0, f"Prometheus' parser: {result.stderr}")
    return {(name, tuple(map(tuple, labels))): value
            for name, labels, value in json.loads(result.stdout)}


def check_live_table(lab):
    """In a terminal of 60 columns the table is drawn again and again until `q`."""
    child, terminal = pty.fork()
    if child == 0:
        os.execve(lab.oriel_program, ["oriel", "top"], lab.environment(TERM="xterm"))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 60, 0, 0))
    drawn = b""
    end = time.monotonic() + 3.5
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            drawn += os.read(terminal, 65536)
    os.write(terminal, b"q")
    asked = time.monotonic()
    try:
        while data := os.read(terminal, 65536):
            drawn += data
    except OSError:
        pass  # how a terminal says that its last program has ended
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    check(status == 0 and time.monotonic() - asked < 2, f"top ends with {status}")
    text = drawn.decode()
    check(text.startswith("\033[?1049h") and text.endswith("\033[?1049l"), repr(text))
    check(text.count("NAME ") >= 3, f"the table isn't drawn again: {text!r}")
    lines = re.sub(r"\033\[[?0-9]*[a-zA-Z]", "", text.replace("\033[H", "\n")).splitlines()
    check(all(len(line) <= 60 for line in lines), f"a line is longer than the terminal: {lines}")
    check(any(line.startswith("one ") for line in lines), f"no VM: {lines}")


def test(lab):
    module = subprocess.run([PYTHON, "-c", "import prometheus_client"], capture_output=True,
                            check=False)
    if module.returncode != 0:
        raise Skip("python3-prometheus-client is not installed")

    def read(*arguments):
        result = lab.ctl(*arguments, "--openmetrics")
        check(result.returncode == 0, f"{arguments}: {result.stderr}")
        return parsed(result.stdout)

    lab.oriel("headless", name="one", options=["--outputs", "2"])
    two = lab.oriel("headless", name="two")
    samples = read("--all", "stats")
    for name in ("one", "two"):
        check(samples["oriel_up", (("vm", name),)] == 1, f"{name} is not up")
        check(samples["oriel_vmm_attached", (("vm", name),)] == 0, f"{name} has a VMM")
        check(samples["oriel_resident_memory_bytes", (("vm", name),)] > 1e6, f"{name} has no memory")
    check(samples["oriel_screen_connected", (("screen", "1"), ("vm", "one"))] == 1, "no screen 1")
    check(not any("two" in str(key) for key in read("one", "stats")), "one VM's has another's")

    check_live_table(lab)

    two.signal(signal.SIGSTOP)
    samples = read("--all", "stats")
    table = lab.run_oriel("top", "--once")
    two.signal(signal.SIGCONT)
    check(table.returncode == 0, f"top: {table.stderr}")
    lines = {line.split()[0]: line for line in table.stdout.splitlines() if line[0] != " "}
    check(" awaited " in lines["one"] and " not answering " in lines["two"], table.stdout)
    check(samples["oriel_up", (("vm", "one"),)] == 1, "one is not up beside one that hangs")
    check(samples["oriel_up", (("vm", "two"),)] == 0, "one that hangs is up")


main(test)
