# SPDX-License-Identifier: MIT
"""What a Linux guest's evdev devices say (scenario "input" of the test VM), and what they should."""

import re
import time

from harness import Failure, check, wait_for

KINDS = ("kbd", "ptr", "mouse", "touch")
EV_SYN, EV_KEY, EV_REL, EV_ABS, EV_MSC = 0, 1, 2, 3, 4
KEY_A, KEY_LEFTSHIFT, KEY_LEFTCTRL, KEY_LEFTALT = 30, 42, 29, 56
BTN_LEFT, BTN_TOUCH = 0x110, 0x14a
SYN = (EV_SYN, 0, 0)


def input_devices(path, road="vfio-user"):
    """QEMU's arguments for the devices behind --input-socket PATH, or beside --vhost-user PATH."""
    arguments = []
    for kind in KINDS:
        if road == "vhost-user":
            arguments += ["-chardev", f"socket,id=in-{kind},path={path}.{kind}",
                          "-device", f"vhost-user-input-pci,chardev=in-{kind}"]
            continue
        arguments += ["-device", '{"driver":"vfio-user-pci","socket":{"type":"unix","path":"%s.%s"}}'
                      % (path, kind)]
    return arguments


class EventLog:
    """The guest's events, as it prints them, without the scan codes that PS/2 keyboards add."""

    def __init__(self, vm):
        self._vm = vm
        self._seen = 0

    def _all(self):
        pattern = re.compile(r'^guest: event "(.*)" (\d+) (\d+) (-?\d+)\r?$', re.M)
        found = [(name, (int(kind), int(code), int(value)))
                 for name, kind, code, value in pattern.findall(self._vm.serial())]
        return [(name, event) for name, event in found if event[0] != EV_MSC]

    def expect(self, name, *events):
        """The next events are these, of that device."""
        want = [(name, event) for event in events]

        def came():
            return len(self._all()) >= self._seen + len(want)
        try:
            wait_for(came, 20, f"{len(want)} events")
        except Failure:
            pass
        got = self._all()[self._seen:]
        check(got[:len(want)] == want, f"expected {want}, got {got}")
        self._seen += len(want)

    def skip(self):
        """Whatever came until now is of no interest."""
        time.sleep(0.5)
        self._seen = len(self._all())

    def rest(self):
        return self._all()[self._seen:]


def key(code, value):
    return (EV_KEY, code, value)


def chord(*codes):
    """The events of keys that are pressed in order and released in the opposite one."""
    events = []
    for code in codes:
        events += [key(code, 1), SYN]
    for code in reversed(codes):
        events += [key(code, 0), SYN]
    return events


def axis(pixel, extent):
    """The value of an absolute axis for a pixel of `extent`."""
    return -(-pixel * 32768 // extent)
