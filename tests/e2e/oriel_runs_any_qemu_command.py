# SPDX-License-Identifier: MIT
"""`oriel run` with command lines as users write them: a QEMU in the background, scripts, memory and
graphics cards said in other ways; and a guest that ejects the card. No guest runs: QEMU has its test
accelerator."""

import os
import signal
import socket
import time

from harness import VM, check, main, prepare_vm, qmp, wait_for

IDLE = ["-nic", "none", "-monitor", "none", "-serial", "none", "-parallel", "none"]
Q35 = ["-machine", "q35,accel=qtest", *IDLE]
PC = ["-machine", "pc,accel=qtest", *IDLE]
# Where a guest ejects what is on bus 0 of the old PC: which bus, and a bit for each slot.
SELECT, EJECT = 0xae10, 0xae08
SIGNS_OF_LIFE = 1.5


def run(lab, qemu, program=VM / "qemu", **options):
    return lab.oriel("run", then=["--", program, *qemu], **options)


def script(lab, name, *lines):
    path = lab.folder / name
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)
    return path


def number(path):
    return int(wait_for(lambda: path.exists() and path.read_text().strip(), 20, f"{path} is written"))


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def attached(oriel):
    wait_for(lambda: oriel.stats()["attached"], 30, "QEMU is attached")


def ends(oriel, pid, what, status=0):
    check(oriel.wait(20) == status, f"{what}: status {oriel.status}\n{oriel.log()}")
    wait_for(lambda: not alive(pid), 10, f"{what}: QEMU is gone")


def in_the_background(lab):
    file = lab.folder / "pid"
    daemon = [*Q35, "-daemonize", "-pidfile", file]
    oriel = run(lab, daemon)
    attached(oriel)
    pid = number(file)
    time.sleep(SIGNS_OF_LIFE)
    check(alive(pid) and oriel.stats()["attached"], f"-daemonize: the VM is gone\n{oriel.log()}")
    oriel.quit()
    ends(oriel, pid, "-daemonize, ctl quit")

    oriel = run(lab, [*Q35, "--daemonize", "-pidfile", file])
    attached(oriel)
    pid = number(file)
    # Before that QEMU's first process would see the second one fail, and end with status 1.
    wait_for(lambda: "the VM goes on in process" in oriel.log(), 20, "QEMU is in the background")
    os.kill(pid, signal.SIGTERM)
    ends(oriel, pid, "--daemonize, QEMU ends")


def by_a_script(lab):
    file = lab.folder / "script-pid"
    for name, line in (("in-front", f'"{VM}/qemu" "$@"; exit'), ("behind", f'"{VM}/qemu" "$@" &')):
        file.unlink(missing_ok=True)
        path = script(lab, name, line)
        oriel = run(lab, [*Q35, "-pidfile", file], program=path)
        attached(oriel)
        pid = number(file)
        time.sleep(SIGNS_OF_LIFE)
        check(alive(pid) and oriel.stats()["attached"], f"{name}: the VM is gone\n{oriel.log()}")
        oriel.quit()
        # The script that waits is asked to end, too.
        ends(oriel, pid, f"a script, {name}")

    result = lab.run_oriel("run", "--", VM / "qemu", "-version", WAYLAND_DISPLAY="oriel-test")
    check(result.returncode == 0 and "ended" in result.stderr, f"a QEMU that only says a word: {result}")


def memory_is(lab, size, *words):
    monitor = lab.runtime / "my.qmp"
    oriel = run(lab, [*Q35, *words, "-qmp", f"unix:{monitor},server=on,wait=off"])
    attached(oriel)
    got = qmp(monitor, "query-memory-size-summary")["base-memory"]
    check(got == size << 20, f"{words}: {got} bytes, not {size} MiB")
    oriel.quit()
    check(oriel.wait() == 0, f"{words}: status {oriel.status}")


def memory(lab):
    memory_is(lab, 512, "-m", "512", "-m", "slots=2,maxmem=2G")
    memory_is(lab, 128, "-m", "maxmem=2G,slots=2")
    memory_is(lab, 96, "-m", "0.09375g")
    oriel = run(lab, [*Q35, "-m", "12MB"], ready=False)
    check(oriel.wait() == 1, f"a size that is none: status {oriel.status}")
    last = oriel.log().splitlines()[-1]
    check("ended with status 1" in last and "10.1" not in last, f"the last line guesses: {last}")


def second_cards(lab):
    config = lab.folder / "vm.cfg"
    config.write_text('[device "card"]\n  driver = "VGA"\n')
    for words in (["-device", "driver=virtio-vga"], ["-device", "{'driver':'VGA'}"],
                  ["-device", "e1000,id=card", "-set", "device.card.driver=VGA"],
                  ["-readconfig", config]):
        oriel = run(lab, [*Q35, *words])
        attached(oriel)
        said = [line for line in oriel.log().splitlines() if "two graphics cards" in line]
        check(len(said) == 1 and words[0] in said[0], f"{words}: {oriel.log()}")
        oriel.quit()
        oriel.wait()


def ejected(lab, oriel, ports):
    """Ejects everything, as a guest can."""
    attached(oriel)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(ports))
        stream = connection.makefile("rw")
        for write in [(SELECT, 0), *((EJECT, 1 << slot) for slot in range(2, 32))]:
            try:
                stream.write(f"outl {write[0]:#x} {write[1]:#x}\n")
                stream.flush()
                answer = stream.readline()
            except ConnectionError:
                answer = ""
            check(answer.startswith("OK"), f"QEMU ended at {write}: {oriel.log()}")
    time.sleep(SIGNS_OF_LIFE)
    check(oriel.stats()["attached"], f"the card is gone: {oriel.log()}")


def eject(lab):
    for name, machine in (("pc", PC), ("q35", Q35)):
        ports = lab.runtime / f"{name}.qtest"
        oriel = run(lab, [*machine, "-qtest", f"unix:{ports},server=on,wait=off", "-qtest-log",
                          "/dev/null"])
        ejected(lab, oriel, ports)
        oriel.quit()
        check(oriel.wait() == 0, f"{name}: status {oriel.status}")


def test(lab):
    prepare_vm()
    lab.weston(size=(1280, 1024))
    in_the_background(lab)
    by_a_script(lab)
    memory(lab)
    second_cards(lab)
    eject(lab)


main(test)
