# SPDX-License-Identifier: MIT
"""systemd's manager of a user's services, for tests: a real one, with units and a runtime folder of
its own. It starts only where systemd is the machine's init, or seems to be: in containers it gets a
mount namespace in which /run/systemd/system exists."""

import fcntl
import os
import re
import shutil
import subprocess
from pathlib import Path

from cache_folder import cache_folder
from harness import Process, Skip, check, need_program, tail, wait_for

MANAGER = Path("/lib/systemd/systemd")
# Options that say what a service may not do.
HARDENING = re.compile(r"^(?:Protect|Private|Restrict|CapabilityBoundingSet|LockPersonality|DevicePolicy|IPAddress)"
                       r"\w*=", re.M)
PRETEND = "mount -t tmpfs none /run/systemd && mkdir /run/systemd/system && exec \"$@\""


class UserManager(Process):
    def __init__(self, lab, units, **variables):
        """`units`: names and texts. The manager's services have `variables` in their environment."""
        need_program("systemctl")
        if not MANAGER.exists():
            raise Skip("no systemd is installed")
        command = [MANAGER, "--user"]
        self._systemctl = [shutil.which("systemctl"), "--user", "--no-pager"]
        if not Path("/run/systemd/system").exists():
            if os.geteuid() != 0:
                raise Skip("systemd isn't this machine's init, and only root can pretend that it is")
            if subprocess.run([need_program("unshare"), "--mount", "true"], capture_output=True, check=False).returncode:
                raise Skip("systemd isn't this machine's init, and no mount namespace can be made here")
            Path("/run/systemd").mkdir(exist_ok=True)
            command = [need_program("unshare"), "--mount", "--propagation", "private", "sh", "-c", PRETEND,
                       "sh", *command]
        # Two managers in one control group take each other's services of the same name for their own, and end
        # their processes: the next test waits. The lock ends with this process.
        self._alone = (cache_folder() / "user-manager.lock").open("w")
        fcntl.flock(self._alone, fcntl.LOCK_EX)
        self._ours = {Path(lab.oriel_program).resolve().parent, Path(__file__).resolve().parents[2]}
        self._folder = lab.folder / "config" / "systemd" / "user"
        self._folder.mkdir(parents=True, exist_ok=True)
        for name, text in units.items():
            (self._folder / name).parent.mkdir(exist_ok=True)
            (self._folder / name).write_text(text)
        self._environment = lab.environment(
            XDG_CONFIG_HOME=str(lab.folder / "config"), SYSTEMD_LOG_TARGET="console",
            DBUS_SESSION_BUS_ADDRESS="", **variables)
        super().__init__(lab, "systemd", command, self._environment)
        if command[0] != MANAGER:
            # systemctl looks there, too.
            self._systemctl = [need_program("nsenter"), "--mount", f"--target={self.pid}", *self._systemctl]
        wait_for(self._ready, 20, "the user's service manager is ready")

    def _ready(self):
        if self.status is not None:
            raise Skip(f"systemd's user manager doesn't start here: {tail(self.log(), 1)}")
        return self.ask("is-system-running") in ("running", "degraded")

    def systemctl(self, *words):
        return subprocess.run([*self._systemctl, *words], capture_output=True, text=True, timeout=60,
                              check=False, env=self._environment)

    def ask(self, *words):
        return self.systemctl(*words).stdout.strip()

    def do(self, *words):
        result = self.systemctl(*words)
        check(result.returncode == 0, f"systemctl {words}: {result.stderr}")

    def shown(self, unit, name):
        """A property of a unit."""
        return self.ask("show", "--property", name, "--value", unit)

    def without_refused(self, service, folders):
        """Tries each of the service's hardening options, and says which ones this machine refuses to any
        service (containers do): a drop-in takes those away. `folders` are there also with a /tmp of its own."""
        text = (self._folder / service).read_text()
        options = [line for line in text.splitlines() if HARDENING.match(line)]
        check(len(options) > 10, f"{service} is not hardened: {options}")
        for number, option in enumerate(options):
            (self._folder / f"oriel-probe-{number}.service").write_text(
                f"[Service]\nType=oneshot\nExecStart=/bin/true\n{option}\n")
        self.do("daemon-reload")
        refused = [option for number, option in enumerate(options)
                   if self.systemctl("start", f"oriel-probe-{number}.service").returncode != 0]
        if refused:
            print(f"{service}: refused here, and not tried: {', '.join(refused)}")
        check("PrivateUsers=yes" not in refused and len(refused) < len(options) / 2, "this machine refuses too much")
        lines = [f"BindPaths={' '.join(str(folder) for folder in folders)}"]
        # A clone that was made in /tmp is there, too: the program, and what its VMs boot.
        lines += [f"BindReadOnlyPaths={folder}" for folder in sorted(self._ours) if folder.is_relative_to("/tmp")]
        lines += [option.partition("=")[0] + "=no" for option in refused]
        (self._folder / f"{service}.d").mkdir(exist_ok=True)
        (self._folder / f"{service}.d" / "refused.conf").write_text("[Service]\n" + "\n".join(lines) + "\n")
        self.do("daemon-reload")

    def kill(self):
        if self.status is None:
            self.systemctl("exit")
            try:
                self.wait(10)
            except Exception:  # pylint: disable=broad-except
                pass
        super().kill()
