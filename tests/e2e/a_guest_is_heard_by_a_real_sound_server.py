# SPDX-License-Identifier: MIT
"""`oriel run` with a real PulseAudio, whose only loudspeaker is none (module-null-sink): the server has a
stream of QEMU's to it, as with a server that starts with its first client; with --no-audio it has none."""

import os
import subprocess
from pathlib import Path

from harness import Process, Skip, check, main, need_program, wait_for

BIOS = ["-machine", "q35,accel=tcg", "-m", "64", "-nic", "none", "-monitor", "none", "-serial", "none"]
MODULES = Path("/usr/lib/x86_64-linux-gnu/qemu")


class Pulse(Process):
    """Listens where its clients look for it. It has no pid file, as one that systemd starts later."""

    def __init__(self, lab):
        self.path = lab.runtime / "pulse" / "native"
        self.path.parent.mkdir(mode=0o700)
        super().__init__(lab, "pulseaudio", [
            need_program("pulseaudio"), "-n", "--daemonize=no", "--exit-idle-time=-1",
            "--use-pid-file=no", "-L", "module-null-sink sink_name=quiet",
            "-L", f"module-native-protocol-unix auth-anonymous=1 socket={self.path}"],
            lab.environment(HOME=str(lab.folder)))
        wait_for(lambda: self.pactl("info").returncode == 0, 30, "the sound server answers")

    def pactl(self, *words):
        return subprocess.run(
            [need_program("pactl"), *words], capture_output=True, text=True, check=False,
            env=self._lab.environment(PULSE_SERVER=f"unix:{self.path}", HOME=str(self._lab.folder)))

    def streams(self):
        """To the loudspeaker and from the microphone."""
        return [self.pactl("list", "short", kind).stdout.splitlines()
                for kind in ("sink-inputs", "source-outputs")]

    def programs(self):
        said = self.pactl("list", "clients").stdout
        return [line.split('"')[1] for line in said.splitlines() if "process.binary" in line]


def drivers(qemu, environment):
    said = subprocess.run([qemu, "-audiodev", "help"], capture_output=True, text=True, check=False,
                          env=environment)
    return said.stdout.split()


def with_pulse(lab, qemu):
    """An environment in which QEMU has a driver for PulseAudio: its own, or out of Debian's package."""
    environment = lab.environment(HOME=str(lab.folder))
    if "pa" in drivers(qemu, environment):
        return environment
    folder = lab.folder / "modules"
    folder.mkdir()
    fetched = subprocess.run(["apt-get", "download", "qemu-system-gui"], cwd=folder,
                             capture_output=True, text=True, check=False)
    packages = list(folder.glob("*.deb"))
    if fetched.returncode != 0 or not packages:
        raise Skip("QEMU has no driver for PulseAudio (qemu-system-gui), and it can't be fetched: "
                   + (fetched.stderr.strip().splitlines() or ["?"])[-1])
    subprocess.run(["dpkg", "-x", packages[0], folder / "package"], check=True)
    for module in [*MODULES.glob("*.so"), *(folder / "package").rglob("audio-pa.so")]:
        if not (folder / module.name).exists():
            (folder / module.name).symlink_to(module)
    environment["QEMU_MODULE_DIR"] = str(folder)
    if "pa" not in drivers(qemu, environment):
        raise Skip("this QEMU takes no driver for PulseAudio out of the package qemu-system-gui")
    return environment


def run(lab, qemu, environment, *options):
    process = Process(lab, "run", [lab.oriel_program, "run", "--headless", "--name", "vm", *options,
                                   "--", qemu, *BIOS], environment)
    wait_for(lambda: process.status is not None or '"attached":true' in lab.ctl(
        "vm", "stats", "--json").stdout.replace(" ", ""), 60, "QEMU's display is attached")
    check(process.status is None, f"it has ended:\n{process.log()}")
    return process


def test(lab):
    qemu = need_program("qemu-system-x86_64")
    pulse = Pulse(lab)
    environment = with_pulse(lab, qemu)
    check(not os.path.exists(f"{lab.runtime}/pulse/pid"), "the server has a pid file")
    oriel = run(lab, qemu, environment)
    check("added -audiodev pa,server=unix:" in oriel.log(), f"no sound is added:\n{oriel.log()}")
    wait_for(lambda: all(len(ones) == 1 for ones in pulse.streams()), 30,
             "the server has QEMU's streams, one each way")
    check("qemu-system-x86_64" in pulse.programs(), f"whose are they: {pulse.programs()}")
    # A server that goes is no end of the VM.
    pulse.kill()
    check(lab.ctl("vm", "screenshot", lab.folder / "after.png").returncode == 0,
          f"the VM is gone with its sound server:\n{oriel.log()}")
    check(lab.ctl("vm", "quit").returncode == 0 and oriel.wait(30) == 0, oriel.log())

    pulse.path.unlink(missing_ok=True)
    pulse.path.parent.rmdir()
    pulse = Pulse(lab)
    oriel = run(lab, qemu, environment, "--no-audio")
    check(pulse.streams() == [[], []] and "qemu-system-x86_64" not in pulse.programs(),
          f"--no-audio: {pulse.streams()} {pulse.programs()}")
    check(lab.ctl("vm", "quit").returncode == 0 and oriel.wait(30) == 0, oriel.log())


main(test)
