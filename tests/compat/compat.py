# SPDX-License-Identifier: MIT
"""The compatibility table: one scripted session with a Linux guest on each compositor that is
installed, and each cell is what that run saw, or what oriel said of the compositor's globals.

    compat.py            runs, prints the table
    compat.py --write    runs, and puts its rows into data/doc/compositors.md; rows of other versions stay
    compat.py --check    runs, and fails if something that the page says "yes" to is not so now, or if
                         the page has another table than this script would write
"""

import re
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))

import kwin  # noqa: E402
import mutter  # noqa: E402
import sway  # noqa: E402
from evdev_log import BTN_LEFT, EV_ABS, EV_REL, KEY_A, KEY_LEFTALT, KEY_LEFTCTRL, EventLog, axis, \
    input_devices, key  # noqa: E402
from harness import SOURCE_ROOT, Failure, Skip, check, main, prepare_vm, wait_for  # noqa: E402
from picture import known_picture  # noqa: E402

PAGE = SOURCE_ROOT / "data" / "doc" / "compositors.md"
BEGIN = "<!-- compatibility: written by tests/compat/compat.py --write -->"
END = "<!-- end of the compatibility table -->"
OUTPUT = (1280, 800)
WINDOW = (900, 700)
KEY_F = 33
PATIENCE = 8

# What the session measures, and what oriel says of the compositor's globals.
MEASURED = ("window shows", "pixels exact", "keyboard", "pointer", "scroll", "resize followed", "exact after it",
            "shortcuts grabbed", "pointer confined",
            "output removed", "back after a crash", "decorations")
GLOBALS = {"fractional scale": ("wp_fractional_scale_manager_v1",),
           "dma-bufs": ("zwp_linux_dmabuf_v1",),
           "explicit sync": ("wp_linux_drm_syncobj_manager_v1",),
           "pointer lock": ("zwp_pointer_constraints_v1", "zwp_relative_pointer_manager_v1"),
           "presentation time": ("wp_presentation",),
           "idle inhibit": ("zwp_idle_inhibit_manager_v1",),
           "cursor shape": ("wp_cursor_shape_manager_v1",),
           "tearing": ("wp_tearing_control_manager_v1",),
           "content type": ("wp_content_type_manager_v1",),
           "activation": ("xdg_activation_v1",)}
COLUMNS = ("compositor", *MEASURED, *GLOBALS)


def no(reason):
    return f"not tested: {reason}"


class WestonHost:
    """Has no seat when it is headless."""
    NAME, PROGRAM = "Weston", "weston"

    def __init__(self, lab):
        self.compositor = lab.weston(size=OUTPUT)
        self.socket = lab.runtime / self.compositor.SOCKET
        self.capture = self.compositor.capture
        self.no_input = no("headless Weston has no seat")

    def crash(self):
        self.compositor.kill()

    def restart(self, lab):
        self.compositor = lab.weston(size=OUTPUT)
        self.capture = self.compositor.capture

    @staticmethod
    def version():
        said = subprocess.run(["weston", "--version"], capture_output=True, text=True, check=True)
        return re.search(r"[\d.]+", said.stdout).group(0)


class SwayHost:
    NAME, PROGRAM = "sway", "sway"

    def __init__(self, lab):
        self.compositor = sway.Sway(lab, size=OUTPUT)
        self.socket = self.compositor.socket
        self.capture = self.compositor.capture
        self.no_input = None
        self._pointer = sway.Pointer(self.compositor)
        self._keyboard = sway.Keyboard(self.compositor)
        self.key, self.wheel = self._keyboard.key, self._pointer.wheel
        self.move, self.button = self._pointer.move, self._pointer.button
        # A tiled window has no size of its own.
        self.compositor.message("for_window [app_id=.*] floating enable")

    @staticmethod
    def version():
        said = subprocess.run(["sway", "--version"], capture_output=True, text=True, check=True)
        return re.search(r"[\d.]+", said.stdout).group(0)

    def crash(self):
        self.compositor.crash()

    def restart(self, lab):
        self.compositor = sway.Sway(lab, OUTPUT, self.compositor.runtime)
        self.capture = self.compositor.capture

    def remove_output(self):
        self.compositor.message("create_output")
        self.compositor.message("output HEADLESS-1 disable")


class DBusHost:
    def __init__(self, compositor):
        self.compositor = compositor
        self.socket = compositor.socket
        self.no_input = None
        hand = compositor.input()
        self.key, self.move, self.button, self.wheel = hand.key, hand.move, hand.button, hand.wheel

    def crash(self):
        self.compositor.crash()

    def restart(self, _):
        self.compositor.restart()


class MutterHost(DBusHost):
    NAME, PROGRAM = "mutter (GNOME)", "mutter"
    version = staticmethod(mutter.version)
    no_capture = no("captures go through PipeWire")

    def __init__(self, lab):
        super().__init__(mutter.Mutter(lab, OUTPUT))


class KwinHost(DBusHost):
    NAME, PROGRAM = "KWin (KDE)", "kwin_wayland"
    no_capture = no("captures need a GPU")
    version = staticmethod(kwin.version)

    def __init__(self, lab):
        super().__init__(kwin.Kwin(lab, OUTPUT))
        if seen(self.compositor.captures, 5) == "yes":
            self.capture = self.compositor.capture


HOSTS = (WestonHost, SwayHost, MutterHost, KwinHost)


def seen(condition, patience=PATIENCE):
    """"yes" when it comes true in time, else "no"."""
    try:
        wait_for(condition, patience, "it", 0.1)
        return "yes"
    except Failure:
        return "no"


def chord(host, *codes):
    for code in codes:
        host.key(code, True)
    for code in reversed(codes):
        host.key(code, False)


def stats(oriel):
    return oriel.stats()["scanouts"][0]


def picture_session(lab, host, row):
    """A full screen, then a window: what shows, where the compositor can be asked."""
    oriel = lab.oriel(name="picture", compositor=host.socket, options=[
        "--size", "{}x{}".format(*WINDOW), "--resize", "guest", "--fullscreen", "--decorations", "auto"])
    vm = lab.vm(oriel, kernel="debian", scenario="follow")
    vm.wait_serial("pattern on screen 0 {}x{}".format(*OUTPUT))
    row["window shows"] = seen(lambda: stats(oriel)["visible"] and stats(oriel)["presented"] > 0)

    capture = getattr(host, "capture", None)
    if not host.no_input:
        # The guest has no cursor: the compositor's is gone where it enters the picture.
        host.move(100, 100)
        host.move(640, 400)
    if capture:
        row["pixels exact"] = seen(lambda: capture().find(known_picture(*OUTPUT)) == (0, 0))
    else:
        row["pixels exact"] = host.no_capture

    if host.no_input:
        row["resize followed"] = row["exact after it"] = host.no_input
    else:
        before = vm.serial().count("pattern on screen 0")
        chord(host, KEY_LEFTCTRL, KEY_LEFTALT, KEY_F)

        def follows():
            # Between two modes the guest shows nothing: 0x0.
            return vm.serial().count("pattern on screen 0") > before and \
                stats(oriel)["width"] not in (0, OUTPUT[0])
        row["resize followed"] = seen(follows)
        size = (stats(oriel)["width"], stats(oriel)["height"])
        if not capture:
            row["exact after it"] = host.no_capture
        elif row["resize followed"] == "no":
            row["exact after it"] = "no"
        else:
            row["exact after it"] = seen(lambda: capture().find(known_picture(*size)))

    log = "\n".join(path.read_text(errors="replace") for path in lab.folder.glob("oriel*.log"))
    bound = set(re.findall(r"([a-z]\w+) \d+", re.search(r"bound (.*)", log).group(1)))
    for column, interfaces in GLOBALS.items():
        row[column] = "yes" if bound.issuperset(interfaces) else "not offered"
    if "zxdg_decoration_manager_v1" in bound:
        row["decorations"] = "compositor"
    else:
        row["decorations"] = "none" if "windows have no frame" in log else "libdecor"

    if hasattr(host, "remove_output"):
        host.remove_output()
        presented = stats(oriel)["presented"]
        time.sleep(0.5)
        # The window is on the other output, and the guest's next picture shows there.
        chord(host, KEY_LEFTCTRL, KEY_LEFTALT, KEY_F)
        row["output removed"] = seen(lambda: stats(oriel)["presented"] > presented and stats(oriel)["visible"])
    else:
        row["output removed"] = no("headless, its outputs stay")
    oriel.check_running()
    vm.kill()
    oriel.quit()
    oriel.kill()


def input_session(lab, host, row):
    """A full screen: what the guest's own event log has of what a user does, and what the compositor
    has granted."""
    if host.no_input:
        for column in ("keyboard", "pointer", "scroll", "shortcuts grabbed", "pointer confined"):
            row[column] = host.no_input
        return
    sockets = lab.runtime / "in"
    plain = lab.environment
    lab.environment = lambda **more: plain(WAYLAND_DEBUG="client", **more)
    oriel = lab.oriel(name="input", compositor=host.socket, options=[
        "--size", "{}x{}".format(*OUTPUT), "--fullscreen", "--decorations", "auto", "--grab", "focus",
        "--confine", "--input-socket", sockets])
    lab.environment = plain
    vm = lab.vm(oriel, kernel="debian", scenario="input", extra=input_devices(sockets))
    vm.wait_serial("guest: watching")
    log = EventLog(vm)
    host.move(200, 100)
    host.move(640, 400)

    def got(*events):
        return lambda: set(events) <= set(log.rest())
    row["pointer"] = seen(got(("Oriel Pointer", (EV_ABS, 0, axis(640, OUTPUT[0]))),
                              ("Oriel Pointer", (EV_ABS, 1, axis(400, OUTPUT[1])))))
    host.button(BTN_LEFT, True)
    host.button(BTN_LEFT, False)
    if row["pointer"] == "yes":
        row["pointer"] = seen(got(("Oriel Pointer", key(BTN_LEFT, 1)), ("Oriel Pointer", key(BTN_LEFT, 0))))
    host.wheel(2)
    row["scroll"] = seen(lambda: any(name == "Oriel Pointer" and event[:2] == (EV_REL, 8)
                                     for name, event in log.rest()))
    chord(host, KEY_A)
    row["keyboard"] = seen(got(("Oriel Keyboard", key(KEY_A, 1)), ("Oriel Keyboard", key(KEY_A, 0))))

    def says(event):
        return any(event in path.read_text(errors="replace") for path in lab.folder.glob("oriel*.log"))
    for column, interface, event in (
            ("shortcuts grabbed", "zwp_keyboard_shortcuts_inhibit_manager_v1", ".active("),
            ("pointer confined", "zwp_pointer_constraints_v1", ".confined(")):
        row[column] = seen(lambda: says(event), 2) if says(f'"{interface}"') \
            else "not offered"  # pylint: disable=cell-var-from-loop
    vm.kill()
    oriel.quit()
    oriel.kill()


def loss_session(lab, host, row):
    """The compositor is killed, and another one comes behind the same socket."""
    oriel = lab.oriel(name="loss", compositor=host.socket, options=[
        "--size", "{}x{}".format(*OUTPUT), "--fullscreen", "--decorations", "auto"])
    vm = lab.vm(oriel, kernel="debian", scenario="pattern")
    vm.wait_serial("pattern shown")

    def shows():
        if stats(oriel)["presented"] == 0:
            return False
        capture = getattr(host, "capture", None)
        return capture is None or capture().find(known_picture(*OUTPUT)) == (0, 0)
    wait_for(shows, 30, "the picture, before the crash")
    host.crash()
    wait_for(lambda: oriel.stats()["compositor"]["losses"] == 1, 10, "oriel lost its compositor")
    # A new presenter counts anew.
    check(stats(oriel)["presented"] == 0, "a frame is shown nowhere")
    host.restart(lab)
    row["back after a crash"] = seen(shows)
    vm.check_running()
    oriel.check_running()
    vm.kill()
    oriel.quit()
    oriel.kill()


def run(lab, kind):
    row = {"compositor": f"{kind.NAME} {kind.version()}"}
    print(f"# {row['compositor']}", flush=True)
    host = kind(lab)
    try:
        picture_session(lab, host, row)
        input_session(lab, host, row)
        loss_session(lab, host, row)
        for column in COLUMNS:
            print(f"#   {column}: {row[column]}", flush=True)
    finally:
        host.compositor.kill()
        for log in lab.folder.glob("oriel*.log"):
            log.rename(log.with_name(f"{kind.PROGRAM}-{log.stem}.txt"))
    return [row[column] for column in COLUMNS]


def sideways(rows):
    """Markdown with the compositors side by side: they are fewer than what is asked of them."""
    table = [list(COLUMNS), *rows]
    lines = ["| " + " | ".join(cells) + " |" for cells in zip(*table)]
    return "\n".join([lines[0], "|" + " --- |" * len(table), *lines[1:]])


def parse(text):
    """sideways() back into rows; None where the first column is another one."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    del cells[1:2]
    if [line[0] for line in cells] != list(COLUMNS):
        return None
    return [list(row) for row in list(zip(*cells))[1:]]


def page():
    text = PAGE.read_text()
    check(BEGIN in text and END in text, f"{PAGE.name} has no place for the table")
    before, rest = text.split(BEGIN)
    inside, after = rest.split(END)
    return before, parse(inside), after, inside


def write(rows):
    before, old, after, _ = page()
    names = {row[0] for row in rows}
    merged = sorted(rows + [row for row in old or [] if row[0] not in names], key=lambda row: row[0].lower())
    PAGE.write_text(f"{before}{BEGIN}\n\n{sideways(merged)}\n\n{END}{after}")


def compare(rows):
    _, old, _, inside = page()
    check(old is not None, "the page's table has other columns: tests/compat/compat.py --write")
    check(inside.strip() == sideways(old), "the page's table was written by hand")
    for row in rows:
        for before in old:
            if before[0] == row[0]:
                lost = [column for column, was, now in zip(COLUMNS, before, row) if was == "yes" and now != was]
                check(not lost, f"{row[0]}: no more: {', '.join(lost)}")


def test(lab):
    prepare_vm("debian")
    rows, missing = [], []
    wanted = [word for word in sys.argv[1:] if not word.startswith("-")]
    for kind in HOSTS:
        if wanted and kind.PROGRAM not in wanted:
            continue
        try:
            rows.append(run(lab, kind))
        except Skip as reason:
            missing.append(str(reason))
    for reason in missing:
        print(f"# left out: {reason}")
    print(sideways(rows))
    if "--write" in sys.argv:
        write(rows)
    elif "--check" in sys.argv:
        compare(rows)
    if not rows:
        raise Skip("no compositor is installed")


main(test)
