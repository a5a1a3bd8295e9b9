# SPDX-License-Identifier: MIT
"""A supervisor that is killed leaves every picture where it is, and the next one adopts the same
processes. A VMM that is killed comes back after a delay, in the same window; the VM of a display that is
killed goes on with the next one. Start commands that don't exist, end at once, go to the background, never
come to the display or ignore SIGTERM do what the page says."""

import os
import signal
import subprocess
import time

from harness import check, main, prepare_vm, wait_for
from kiosk import Kiosk, QEMU, alive, draw, kill_all, qemu, wait_colours
from many_outputs import ManyOutputs

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def write(lab, path, others):
    path.write_text(f"""
[vm.left]
outputs = ["WL1"]
size = "640x480"
qemu = {qemu(lab, "left")}
[vm.right]
outputs = ["WL2"]
size = "640x480"
restart-delay = 0.5
qemu = {qemu(lab, "right")}
{others}""")


def others(lab):
    """VMs without an output of their own, each with a start command that is a trouble."""
    quoted = " ".join(f"'{word}'" for word in QEMU)
    script = lab.folder / "daemon.sh"
    script.write_text(f"""{quoted} -daemonize -pidfile {lab.runtime}/daemon.pid \\
  -object memory-backend-memfd,id=ram,size=64M,share=on -machine memory-backend=ram \\
  -device '{{"driver":"vfio-user-pci","socket":{{"type":"unix","path":"'"$1"'"}}}}'
""")
    return f"""
[vm.missing]
fullscreen = false
command = ["/no/such/program"]
restart-delay = 0.2
restart-delay-max = 0.2
restart-limit = 2
[vm.brief]
fullscreen = false
command = ["sh", "-c", "exit 3"]
restart-delay = 0.2
restart-delay-max = 0.2
restart-limit = 2
at-end = "close"
[vm.once]
fullscreen = false
command = ["true"]
restart = "on-failure"
[vm.silent]
fullscreen = false
command = ["sleep", "1000"]
attach-timeout = 1
restart = "never"
[vm.stubborn]
fullscreen = false
command = ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"]
stop-timeout = 0.5
[vm.daemon]
fullscreen = false
restart-delay = 0.5
command = ["sh", "{script}", "{{vfio-user}}"]
"""


def adopted(lab, path, kiosk, compositor):
    """The supervisor is killed and another one starts; meanwhile each output has its picture."""
    before = kiosk.pids()
    kiosk.signal(signal.SIGKILL)
    kiosk.wait()
    wait_colours(compositor, {"WL1": RED, "WL2": GREEN}, "the pictures without a supervisor")
    draw(lab, "right", BLUE)
    wait_colours(compositor, {"WL1": RED, "WL2": BLUE}, "a picture changes without a supervisor")
    kiosk = Kiosk(lab, path, "oriel-many")
    for name in ("left", "right", "daemon"):
        kiosk.wait_state(name, "running", 5)
        check(kiosk.pids()[name] == before[name], f"{name} was not adopted: {before} {kiosk.pids()}")
    wait_colours(compositor, {"WL1": RED, "WL2": BLUE}, "the pictures after that")
    return kiosk


def check_two_at_once(lab, path, kiosk):
    """Two that start in the same moment after a kill -9: one of them adopts the VMs, the other one says
    that there is one, and touches nothing."""
    before = kiosk.pids()
    kiosk.signal(signal.SIGKILL)
    kiosk.wait()
    rivals = [subprocess.Popen([lab.oriel_program, "kiosk", path], stderr=subprocess.PIPE, text=True,
                               env=lab.environment(WAYLAND_DISPLAY="oriel-many")) for _ in range(2)]
    try:
        wait_for(lambda: any(rival.poll() is not None for rival in rivals), 20, "one of two ends")
        loser = next(rival for rival in rivals if rival.poll() is not None)
        winner = next(rival for rival in rivals if rival is not loser)
        said = loser.stderr.read()
        check(loser.returncode == 2 and said.count("\n") == 1 and "runs already" in said,
              f"the second of two: {loser.returncode} {said!r}")
        wait_for(lambda: kiosk.pids() == before, 10, "the first of two has adopted all")
        check(winner.poll() is None, "the first of two has ended, too")
    finally:
        for rival in rivals:
            rival.kill()
            rival.wait()


def check_next_display(lab, kiosk, compositor):
    """Displays that are killed: the next ones have the same VM."""
    for count, before, colour in ((1, RED, BLUE), (2, BLUE, RED)):
        display, vmm = kiosk.pids()["left"]
        os.kill(display, signal.SIGKILL)
        wait_for(lambda: kiosk.vms()["left"]["display_restarts"] == count, 20, "another display starts")
        status = kiosk.wait_state("left", "running")
        check(status["vmm_pid"] == vmm and status["display_pid"] not in (0, display) and status["restarts"] == 0,
              f"another display, the same VM: {status}")
        wait_colours(compositor, {"WL1": before, "WL2": GREEN}, "the picture on another display")
        draw(lab, "left", colour)
        wait_colours(compositor, {"WL1": colour, "WL2": GREEN}, "the VM draws on another display")


def test(lab):
    prepare_vm()
    compositor = ManyOutputs(lab, ["WL1", "WL2"])
    path = lab.folder / "panel.toml"
    write(lab, path, others(lab))
    kiosk = Kiosk(lab, path, "oriel-many")
    for name in ("left", "right", "daemon"):
        kiosk.wait_state(name, "running")
    states = {"missing": ("given-up", "No such file"), "brief": ("given-up", "with status 3"),
              "once": ("ended", "with status 0"), "silent": ("ended", "in time")}
    for name, (state, reason) in states.items():
        status = kiosk.wait_state(name, state)
        check(reason in status["reason"], f"{name}: {status}")
        check(status["command_pid"] == 0, f"{name}: its command is left: {status}")
        # What then shows: the window stays, or goes.
        check((status["display_pid"] == 0) == (name == "brief"), f"{name}: {status}")
    check(kiosk.vms()["missing"]["restarts"] == 2, f"restarts: {kiosk.vms()}")

    # The VM is who holds the socket, not who was started.
    daemon = kiosk.vms()["daemon"]
    check(daemon["command_pid"] in (0, daemon["vmm_pid"]) or not alive(daemon["command_pid"]),
          f"QEMU is not in the background: {daemon}")
    check(int((lab.runtime / "daemon.pid").read_text()) == daemon["vmm_pid"], f"who is it? {daemon}")

    stubborn = kiosk.vms()["stubborn"]["command_pid"]
    start = time.monotonic()
    check(kiosk.ctl("stop", "stubborn").returncode == 0, "stop")
    kiosk.wait_state("stubborn", "stopped")
    check(not alive(stubborn) and time.monotonic() - start < 15, "what ignores SIGTERM is not killed")

    draw(lab, "left", RED)
    draw(lab, "right", GREEN)
    wait_colours(compositor, {"WL1": RED, "WL2": GREEN}, "each VM is on its output")
    check_next_display(lab, kiosk, compositor)
    kiosk = adopted(lab, path, kiosk, compositor)
    check(kiosk.vms()["stubborn"]["state"] == "stopped", "a stopped VM was started")

    check_two_at_once(lab, path, kiosk)
    kiosk = Kiosk(lab, path, "oriel-many")

    # A VMM that dies comes back in the same window, and the neighbour does not notice.
    display, vmm = kiosk.pids()["right"]
    os.kill(vmm, signal.SIGKILL)
    wait_for(lambda: kiosk.vms()["right"]["restarts"] == 1, 20, "the VM starts again")
    kiosk.wait_state("right", "running")
    draw(lab, "right", GREEN)
    wait_colours(compositor, {"WL1": RED, "WL2": GREEN}, "the next VM shows")
    check(kiosk.pids()["right"][0] == display and kiosk.pids()["right"][1] != vmm, "not the same window")
    # So does one in the background, which is nobody's child by now.
    vmm = kiosk.pids()["daemon"][1]
    os.kill(vmm, signal.SIGKILL)
    wait_for(lambda: kiosk.pids()["daemon"][1] not in (0, vmm), 20, "the daemon starts again")
    kiosk.wait_state("daemon", "running")
    # A display that another supervisor has started takes its VM along: what it had of that went with the
    # supervisor. So does one that was asked to end.
    for restarts, end in ((1, signal.SIGKILL), (2, signal.SIGTERM)):
        display, vmm = kiosk.pids()["left"]
        os.kill(display, end)
        wait_for(lambda: not alive(vmm), 20, "the VM without a display ends")
        wait_for(lambda: kiosk.vms()["left"]["restarts"] == restarts, 20, "it starts again")
        kiosk.wait_state("left", "running")
    draw(lab, "left", BLUE)
    wait_colours(compositor, {"WL1": BLUE, "WL2": GREEN}, "it shows on its output")

    # A VM that the file does not have any more is ended by the next supervisor.
    everything = kiosk.pids()
    kiosk.signal(signal.SIGKILL)
    kiosk.wait()
    write(lab, path, "")
    kiosk = Kiosk(lab, path, "oriel-many")
    wait_for(lambda: not any(alive(pid) for pid in everything["daemon"]), 20, "a VM without a plan ends")
    check(kiosk.pids()["left"] == everything["left"], "a VM with a plan was touched")
    check(kiosk.ctl("quit").returncode == 0 and kiosk.wait(30) == 0, "quit")
    check(not any(alive(pid) for pid in everything["left"]), "a VM is left")
    kill_all(stubborn)


main(test)
