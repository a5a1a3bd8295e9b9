# SPDX-License-Identifier: MIT
"""What a broken environment does: streams that nobody reads, limits, wrong variables."""

import ctypes
import fcntl
import os
import resource
import signal
import struct
import subprocess
import time

import gpu_requests as gpu
import vfio_user
from from_compositors import enter_pointer, wait_for, window_with_guest
from from_guests import show
from guest import Guest
from program import oriel_program
from scenario import Skip, scenario

F_SETPIPE_SZ = 1031
IN_OPEN = 0x20
_libc = ctypes.CDLL(None, use_errno=True)


@scenario("H3")
def a_log_that_nobody_reads_does_not_stop_the_loop(attack):
    """A terminal after Ctrl+S, or a logger that stands still."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, F_SETPIPE_SZ, 4096)
    attack.oriel(options=["--keep", "--log-level", "debug"], stderr=writing)
    os.close(writing)
    attack.closes(lambda: os.close(reading))
    attack.begins()
    try:
        for _ in range(150):
            # Each makes some lines, at debug's level at least.
            with vfio_user.Vmm(attack.program.vfio_user, timeout=6) as vmm:
                vmm.negotiate()
    finally:
        os.set_blocking(reading, False)
        try:
            # So that what waits on the pipe can end.
            os.read(reading, 1 << 20)
        except BlockingIOError:
            pass


@scenario("H14", files=60)
def a_lack_of_descriptors_turns_clients_away_and_nothing_else(attack):
    attack.oriel(limits=[(resource.RLIMIT_NOFILE, 40)])
    guest = attack.guest(Guest, ram_mib=24)
    show(guest)
    attack.begins()
    # Memory files, up to 64 of them, each a descriptor.
    for number in range(60):
        fd = os.memfd_create("more", os.MFD_CLOEXEC)
        os.ftruncate(fd, 4096)
        guest.vmm.map((1 << 40) + number * 8192, 4096, fd)
        os.close(fd)
    for number in range(2, 60):
        guest.ask(gpu.create(number, 64, 64))
    attack.check(guest.ask(gpu.flush(1, 0, 0, 640, 480)) != 0, "no answer to a flush")
    for number in range(60):
        guest.vmm.unmap((1 << 40) + number * 8192, 4096)
    for number in range(2, 60):
        guest.ask(gpu.unref(number))
    time.sleep(0.3)


@scenario("H16")
def a_limit_of_file_sizes_is_told_in_one_line(attack):
    """Memory files count as files: SIGXFSZ would end the program without a word."""
    oriel = attack.oriel(limits=[(resource.RLIMIT_FSIZE, 1 << 20)], may_not_start=True)
    if not oriel.lives():
        status, lines = oriel.wait(), oriel.log().splitlines()
        attack.may_end()
        attack.check(status == 1 and len(lines) == 1, f"status {status}, {lines}")
        return
    guest = attack.guest(Guest, ram_mib=24)
    attack.begins()
    try:
        show(guest, 1600, 1200)
    except (OSError, EOFError):
        status = oriel.wait()
        attack.check(status is not None and status >= 0, f"ended by signal {-(status or 0)}")
        raise


@scenario("H16")
def a_wrong_wayland_socket_is_told_in_one_line(attack):
    null = os.open("/dev/null", os.O_RDWR)
    for value, pass_fds in (("77", ()), (str(null), (null,)), ("x", ()), ("", ())):
        folder = attack.folder()
        ended = subprocess.run(
            [oriel_program(), "show", "--vfio-user", folder / "card"], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=15, check=False, pass_fds=pass_fds,
            env={"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": str(folder),
                 "WAYLAND_SOCKET": value})
        said = f"WAYLAND_SOCKET={value!r}: status {ended.returncode}, {ended.stderr!r}"
        attack.check(ended.returncode == 1 and ended.stderr.count("\n") == 1, said)
        attack.check("Success" not in ended.stderr, said)
    os.close(null)


def opened_since(watch):
    """Names of the files that were opened in the watched folder."""
    names = []
    try:
        events = os.read(watch, 1 << 16)
    except BlockingIOError:
        return names
    while events:
        _, _, _, length = struct.unpack_from("<iIII", events)
        names.append(events[16:16 + length].rstrip(b"\0").decode())
        events = events[16 + length:]
    return names


@scenario("H17")
def cursor_themes_are_read_before_the_first_pointer(attack):
    """A theme is some 280 files, perhaps on a disk that sleeps: not on the loop, not later."""
    theme = attack.folder() / "theme" / "cursors"
    theme.mkdir(parents=True)
    image = struct.pack("<IIIIIIIII", 36, 0xfffd0002, 24, 1, 8, 8, 0, 0, 0) + b"\xff" * 256
    xcursor = struct.pack("<4sIII", b"Xcur", 16, 0x10000, 1) \
        + struct.pack("<III", 0xfffd0002, 24, 28) + image
    for name in ("left_ptr", "default", "arrow", "xterm", "hand1", "watch"):
        (theme / name).write_bytes(xcursor)
    watch = _libc.inotify_init1(os.O_NONBLOCK)
    attack.closes(lambda: os.close(watch))
    if _libc.inotify_add_watch(watch, bytes(theme), IN_OPEN) < 0:
        raise Skip("no inotify")
    client, _ = window_with_guest(attack, more={"environment": {
        "XCURSOR_PATH": str(theme.parent.parent), "XCURSOR_THEME": "theme"}})
    time.sleep(0.3)
    opened_since(watch)
    attack.begins()
    wait_for(attack, lambda: client.pointer, "a pointer")
    # Beside the picture, where the arrow is ours.
    client.configure(client.window(), 1500, 900)
    time.sleep(0.2)
    enter_pointer(client, 2, 2)
    time.sleep(0.5)
    attack.check(client.count["wl_pointer.set_cursor"] > 0, "the pointer has no cursor")
    later = opened_since(watch)
    attack.check(not later, f"{len(later)} files of the theme were opened when the pointer came")


@scenario("H")
def being_stopped_and_continued_is_survived(attack):
    attack.oriel()
    guest = attack.guest(Guest, ram_mib=24)
    show(guest)
    for _ in range(2):
        os.kill(attack.program.pid, signal.SIGSTOP)
        time.sleep(0.2)
        os.kill(attack.program.pid, signal.SIGCONT)
        guest.ask(gpu.flush(1, 0, 0, 640, 480))
