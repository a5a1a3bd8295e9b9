# SPDX-License-Identifier: MIT
"""Where stderr is systemd's journal, a real one in a mount namespace of its own, log lines are entries with
fields: which VM, and what happened."""

import json
import os
import signal
import subprocess
from pathlib import Path

from harness import Process, Skip, check, main, need_program, prepare_vm, wait_for
from kiosk import QEMU

JOURNALD = Path("/lib/systemd/systemd-journald")
# Its socket and its files are here; nobody else's are.
PREPARE = "mount -t tmpfs none /run/systemd && mkdir /run/systemd/journal && mount -t tmpfs none /run/log && exec \"$@\""
SERVICE_MANAGER = "JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec \"$@\""
ATTACHED = "7c1f4e0d3a5b4b0e9d2f6a8c51e7b304"
GONE = "2b9e6d71f0c84a3c8e15d4a7930fb6c2"


class Journal(Process):
    def __init__(self, lab):
        if not JOURNALD.exists():
            raise Skip("no systemd-journald is installed")
        for folder in ("/run/systemd", "/run/log"):
            if os.geteuid() != 0 or not Path(folder).is_dir():
                raise Skip(f"only root can put a journal of its own over {folder}, which must be there")
        if subprocess.run([need_program("unshare"), "--mount", "true"], capture_output=True, check=False).returncode:
            raise Skip("no mount namespace can be made here")
        super().__init__(lab, "journald", ["unshare", "--mount", "--propagation", "private", "sh", "-c", PREPARE, "sh",
                                           JOURNALD])
        self._inside = [need_program("nsenter"), "--mount", f"--target={self.pid}"]
        wait_for(self._ready, 20, "the journal is ready")

    def _ready(self):
        if self.status is not None:
            raise Skip(f"systemd-journald doesn't run here: {self.log()[-200:]}")
        return subprocess.run([*self._inside, "test", "-S", "/run/systemd/journal/stdout"], check=False).returncode == 0

    def command(self, *words):
        """With its output to the journal, and the variable that a service manager sets then."""
        return [*self._inside, need_program("systemd-cat"), "sh", "-c", SERVICE_MANAGER, "sh", *words]

    def entries(self, *matches):
        result = subprocess.run([*self._inside, need_program("journalctl"), "--directory=/run/log/journal", "-o", "json", "-q",
                                 *matches], capture_output=True, text=True, check=False)
        return [json.loads(line) for line in result.stdout.splitlines()]


def test(lab):
    prepare_vm()
    Path("/run/log").mkdir(exist_ok=True)
    Path("/run/systemd").mkdir(exist_ok=True)
    journal = Journal(lab)
    socket = lab.runtime / "vm.vfio-user"
    oriel = Process(lab, "oriel", journal.command(lab.oriel_program, "headless", "--keep", "--name", "panel",
                                                  "--vfio-user", socket))
    wait_for(socket.exists, 20, "oriel listens")

    def entry(message_id):
        def there():
            oriel.check_running()
            return journal.entries("VM=panel", f"MESSAGE_ID={message_id}")

        return wait_for(there, 20, f"an entry with the id {message_id}", 0.3)[0]

    vmm = Process(lab, "qemu", [
        *QEMU, "-object", "memory-backend-memfd,id=ram,size=64M,share=on", "-machine", "memory-backend=ram", "-device",
        json.dumps({"driver": "vfio-user-pci", "socket": {"type": "unix", "path": str(socket)}})])
    attached = entry(ATTACHED)
    check(attached["MESSAGE"] == "app: the VMM is attached", f"attached: {attached}")
    check(attached["PRIORITY"] == "6" and attached["SYSLOG_IDENTIFIER"] == "oriel", f"attached: {attached}")
    vmm.kill()
    gone = entry(GONE)
    check("closed the connection" in gone["MESSAGE"], f"gone: {gone}")
    everything = journal.entries("SYSLOG_IDENTIFIER=oriel")
    check(all(line.get("VM") == "panel" for line in everything), f"lines without a VM: {everything}")
    check(not [line for line in journal.entries() if line["MESSAGE"].startswith("oriel: ")], "plain lines in the journal")
    oriel.signal(signal.SIGTERM)
    oriel.wait()


if __name__ == "__main__":
    main(test)
