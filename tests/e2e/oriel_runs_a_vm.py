# SPDX-License-Identifier: MIT
"""`oriel run -- QEMU…` adds what is missing to a plain QEMU command line and shows the VM; both end
together, whoever ends first."""

import os
import signal

from harness import VM, check, child_programs, main, prepare_vm, wait_for
from oriel_run import ends, linux_arguments
from picture import known_picture

SIZE = (1024, 768)


def run(lab, qemu, more=(), **options):
    return lab.oriel("run", options=["--size", "1024x768", *more], then=["--", VM / "qemu", *qemu],
                     **options)


def linux(lab, scenario, **how):
    return linux_arguments(lab.new_log("serial"), scenario, **how)


def attached(oriel):
    wait_for(lambda: oriel.stats()["attached"], 60, "QEMU is attached")
    (qemu,) = child_programs.started(oriel.pid)
    return qemu


def test(lab):
    prepare_vm("debian")
    weston = lab.weston(size=(1280, 1024))

    oriel = run(lab, linux(lab, "pattern"))
    qemu = attached(oriel)
    for part in ("memory-backend-memfd,id=oriel-ram,size=384M,share=on", "vfio-user-pci", "-vga none",
                 "-display none"):
        check(part in oriel.log(), f"oriel doesn't say that it added {part}")
    want = known_picture(*SIZE)
    lab.wait_picture(oriel.screenshot, want, "the screenshot is the guest's picture", 120)
    lab.wait_shown(weston, want, "the compositor shows the guest's picture")
    oriel.quit()
    ends(oriel, qemu, "ctl quit")

    oriel = run(lab, linux(lab, "idle", then="poweroff", seconds=1))
    ends(oriel, attached(oriel), "the guest powers off")

    bios = ["-machine", "q35,accel=tcg", "-nic", "none", "-monitor", "none", "-serial", "none"]
    for number, status in ((signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)):
        oriel = run(lab, bios)
        qemu = attached(oriel)
        oriel.signal(number)
        ends(oriel, qemu, f"oriel gets {number.name}", status)

    oriel = run(lab, [*bios, "-device", "virtio-serial"], more=["--clipboard"])
    qemu = attached(oriel)
    wait_for(lambda: oriel.stats()["agent"]["connected"], 20, "the agent's port has a socket")
    check("added -device virtserialport" in oriel.log(), f"the port isn't told of: {oriel.log()}")
    oriel.quit()
    ends(oriel, qemu, "ctl quit, with a clipboard")

    oriel = run(lab, bios)
    qemu = attached(oriel)
    os.kill(qemu, signal.SIGKILL)
    ends(oriel, qemu, "QEMU is killed", 1)
    check("ended by signal 9" in oriel.log(), f"not said: {oriel.log()}")

    oriel = run(lab, ["-machine", "no-such-machine"], ready=False)
    check(oriel.wait() == 1, f"QEMU refuses its options: status {oriel.status}")
    check("ended with status 1 before its display was attached" in oriel.log(), oriel.log())

    result = lab.run_oriel("run", "--", "/no/such/qemu", WAYLAND_DISPLAY=weston.SOCKET)
    check(result.returncode == 1 and "/no/such/qemu: No such file" in result.stderr,
          f"no QEMU: {result}")


main(test)
