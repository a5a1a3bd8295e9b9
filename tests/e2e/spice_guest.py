# SPDX-License-Identifier: MIT
"""A guest's desktop without a guest: the stock spice-vdagentd and spice-vdagent on an X server of
their own (Xvfb), behind a socket as QEMU's chardev has one, and xclip for who copies and pastes."""

import os
import selectors
import socket
import subprocess
import threading

from harness import Process, check, need_program, wait_for

SBIN = "/usr/sbin/spice-vdagentd"


class Relay:
    """QEMU's part: what the VMM's client says goes to the guest's port, and back. The port is a socket
    here, which vdagentd connects to where it finds no device."""

    def __init__(self, host_path, port_path):
        self._ends = [None, None]
        self._listeners = []
        self._selector = selectors.DefaultSelector()
        for index, path in enumerate((host_path, port_path)):
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(path))
            listener.listen(4)
            self._listeners.append(listener)
            self._selector.register(listener, selectors.EVENT_READ, (index, True))
        threading.Thread(target=self._run, daemon=True).start()

    def hang_up(self):
        """The VMM ends, and the next one is there at once."""
        for end in self._ends:
            if end is not None:
                end.shutdown(socket.SHUT_RDWR)

    def _close(self, index):
        end, self._ends[index] = self._ends[index], None
        if end is not None:
            self._selector.unregister(end)
            end.close()

    def _run(self):
        while True:
            for key, _ in self._selector.select():
                index, listening = key.data
                if listening:
                    # A guest that opens its port anew has nothing to do with what was said before.
                    self._close(index)
                    self._ends[index] = key.fileobj.accept()[0]
                    self._selector.register(self._ends[index], selectors.EVENT_READ, (index, False))
                    continue
                try:
                    data = key.fileobj.recv(65536)
                    other = self._ends[1 - index]
                    if data and other is not None:
                        other.sendall(data)
                except OSError:
                    data = b""
                if not data:
                    self._close(index)


class GuestDesktop:
    """`socket` is where a VMM would serve the agent's port. With `port`, a guest's own port is behind that
    socket, and vdagentd connects to it."""

    DISPLAY = ":87"

    def __init__(self, lab, port=None):
        need_program("Xvfb")
        need_program("xclip")
        need_program("spice-vdagent")
        daemon = SBIN if os.access(SBIN, os.X_OK) else need_program("spice-vdagentd")
        self._lab = lab
        self.socket = lab.runtime / "agent"
        control = lab.runtime / (f"vdagentd-{port.name}" if port else "vdagentd")
        if port is None:
            port = lab.runtime / "port"
            self._relay = Relay(self.socket, port)
        self._environment = lab.environment(DISPLAY=self.DISPLAY)
        # Without -noreset it starts anew when its last client goes, and turns away who comes meanwhile.
        self._xvfb = Process(lab, "xvfb", ["Xvfb", self.DISPLAY, "-noreset", "-nolisten", "tcp",
                                           "-screen", "0", "640x480x24"])
        wait_for(self._x_is_there, 20, "Xvfb accepts clients")
        self.daemon = Process(lab, "vdagentd", [daemon, "-x", "-d", "-d", "-X", "-f", "-s", port, "-S",
                                                control, "-u", "/dev/null"])
        wait_for(control.exists, 20, "vdagentd has its socket")
        self._arguments = ["spice-vdagent", "-x", "-d", "-s", port, "-S", control]
        self.agent = Process(lab, "vdagent", self._arguments, self._environment)

    def _x_is_there(self):
        self._xvfb.check_running()
        return subprocess.run(["xclip", "-selection", "clipboard", "-in"], input=b"", check=False,
                              env=self._environment, timeout=10, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0

    def close(self):
        for process in (self.agent, self.daemon, self._xvfb):
            process.kill()

    def restart_vmm(self):
        self._relay.hang_up()

    def restart_agent(self):
        self.agent.kill()
        self.agent = Process(self._lab, "vdagent", self._arguments, self._environment)

    def copy(self, text):
        result = subprocess.run(["xclip", "-selection", "clipboard", "-in"], input=text.encode(),
                                env=self._environment, timeout=20, check=False,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        check(result.returncode == 0, "xclip copies")

    def paste(self):
        """None while the clipboard is empty."""
        try:
            result = subprocess.run(["xclip", "-selection", "clipboard", "-out", "-target",
                                     "UTF8_STRING"], env=self._environment, timeout=20,
                                    capture_output=True, check=False)
        except subprocess.TimeoutExpired:
            return None
        return result.stdout.decode() if result.returncode == 0 else None
