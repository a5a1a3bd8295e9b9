# SPDX-License-Identifier: MIT
"""`oriel run` with a real PipeWire, whose only loudspeaker is none, and WirePlumber, which connects streams:
QEMU's own PipeWire driver plays into it and hears it; with --no-audio there is no stream. A server that ends
is no end of the VM."""

import subprocess

from harness import Process, Skip, check, main, need_program, wait_for
from newest_qemu import newest_qemu

BIOS = ["-machine", "q35,accel=tcg", "-m", "64", "-nic", "none", "-monitor", "none", "-serial", "none"]
LOUDSPEAKER = ("{ factory.name=support.null-audio-sink node.name=quiet media.class=Audio/Sink "
               "object.linger=true audio.position=[FL FR] }")
PLAYS = ("quiet:playback_FL", "quiet:playback_FR")


class PipeWire:
    """A server, with the message bus and the session manager that it has on a desktop."""

    def __init__(self, lab):
        address = f"unix:path={lab.runtime}/bus"
        self._environment = lab.environment(HOME=str(lab.folder), DBUS_SESSION_BUS_ADDRESS=address)
        (lab.runtime / "bus").unlink(missing_ok=True)
        self._processes = [self._start(lab, "dbus-daemon", "--session", "--nofork", "--nopidfile",
                                       f"--address={address}")]
        wait_for((lab.runtime / "bus").exists, 20, "the message bus is there")
        self._processes.append(self._start(lab, "pipewire"))
        wait_for(lambda: self.say("pw-cli", "info", "0").returncode == 0, 20, "PipeWire answers")
        self._processes.append(self._start(lab, "wireplumber"))
        self.say("pw-cli", "create-node", "adapter", LOUDSPEAKER)
        wait_for(lambda: all(port in self.links("-i") for port in PLAYS), 20, "a loudspeaker is there")

    def _start(self, lab, program, *options):
        return Process(lab, program, [need_program(program), *options], self._environment)

    def say(self, program, *words):
        return subprocess.run([need_program(program), *words], capture_output=True, text=True,
                              check=False, env=self._environment, timeout=20)

    def links(self, *options):
        return self.say("pw-link", *(options or ("-l",))).stdout

    def streams(self):
        """To the loudspeaker and from it, as its microphone."""
        nodes = self.say("pw-cli", "ls", "Node").stdout
        return [nodes.count(f'"Stream/{way}/Audio"') for way in ("Output", "Input")]

    def plays(self):
        """Whether somebody is connected with the loudspeaker."""
        lines = self.links().splitlines()
        return all(port in lines and "|<-" in lines[lines.index(port) + 1] for port in PLAYS)

    def kill(self):
        for process in reversed(self._processes):
            process.kill()


def with_pipewire(lab):
    """A QEMU that has a driver for it: the machine's own, or Debian's newest."""
    own = need_program("qemu-system-x86_64")
    for program in (own, None):
        program = program or newest_qemu(lab)
        said = subprocess.run([program, "-audiodev", "help"], capture_output=True, text=True,
                              check=False)
        if "pipewire" in said.stdout.split():
            return program
    raise Skip("no QEMU has a driver for PipeWire")


def run(lab, qemu, *options):
    process = Process(lab, "run", [lab.oriel_program, "run", "--headless", "--road", "dbus",
                                   "--name", "vm", *options, "--", qemu, *BIOS],
                      lab.environment(HOME=str(lab.folder)))
    wait_for(lambda: process.status is not None or '"attached":true' in lab.ctl(
        "vm", "stats", "--json").stdout.replace(" ", ""), 60, "the VM is attached")
    check(process.status is None, f"it has ended:\n{process.log()}")
    return process


def test(lab):
    qemu = with_pipewire(lab)
    server = PipeWire(lab)
    check(server.streams() == [0, 0], f"whose are they: {server.streams()}")
    oriel = run(lab, qemu)
    check("added -audiodev pipewire,id=" in oriel.log(), f"no sound is added:\n{oriel.log()}")
    wait_for(lambda: server.streams() == [1, 1] and server.plays(), 30,
             "QEMU's streams, one each way, are connected")
    server.kill()
    check(lab.ctl("vm", "screenshot", lab.folder / "after.png").returncode == 0,
          f"the VM is gone with its sound server:\n{oriel.log()}")
    check(lab.ctl("vm", "quit").returncode == 0 and oriel.wait(30) == 0, oriel.log())

    server = PipeWire(lab)
    oriel = run(lab, qemu, "--no-audio")
    check(server.streams() == [0, 0] and not server.plays(), f"--no-audio: {server.streams()}")
    check(lab.ctl("vm", "quit").returncode == 0 and oriel.wait(30) == 0, oriel.log())


main(test)
