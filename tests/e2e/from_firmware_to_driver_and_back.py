# SPDX-License-Identifier: MIT
"""One window from power-on to reboot: firmware, GRUB's graphical menu, the kernel's console on the EFI
frame buffer, a picture there, the virtio-gpu driver's picture, and the firmware again. Each is exact,
and the window never shows anything in between that none of them has drawn."""

import hashlib
import threading
import time

from efi_screen import Console, Font, has_logo
from harness import BOOT_TIMEOUT, Failure, check, main, make, prepare_vm, wait_for
from picture import difference, known_picture, write_png

SIZE = (1024, 768)
BOCHS, VIRTIO = "bochs 1024x768x32", "virtio 1024x768 XR24"
# Three pictures that can't be taken for each other: the rows of their upper and lower thirds differ.
DRIVER, FIRMWARE, GRUB = (known_picture(*SIZE, index) for index in range(3))
OUTER_ROWS = [*range(1, SIZE[1] // 3), *range(SIZE[1] * 2 // 3, SIZE[1] - 1)]
# GRUB's two menu items, one above the other.
MENU = (128, 512, 768, 192)
ITEM_HEIGHT = 24 + 8
WHITE, YELLOW = (255, 255, 255), (255, 255, 0)
# The kernel's console: 8x16 characters on 1024x768.
CONSOLE_SIZE, CONSOLE_CELL = (128, 48), (8, 16)
CONSOLE_COLOUR = (0xAA, 0xAA, 0xAA)
SAMPLE_SECONDS = 0.1

THEME = """\
desktop-image: "background.png"
title-text: ""
+ boot_menu {{ left = {} top = {} width = {} height = {} item_height = 24 item_padding = 0
  item_spacing = 8 item_color = "#ffffff" selected_item_color = "#ffff00" }}
""".format(*MENU)
# Everything but the "oriel." words is as in tests/vm/run, and says what happens.
WORDS = ("mitigations=off nokaslr tsc=reliable no_timer_check random.trust_cpu=on cryptomgr.notests "
         "rcupdate.rcu_expedited=1 console=ttyS0 console=tty0 loglevel=7")
CONFIG = f"""\
loadfont /boot/grub/font.pf2
set gfxmode={SIZE[0]}x{SIZE[1]}
terminal_output gfxterm
set theme=/boot/grub/theme.txt
set timeout=-1
menuentry "other" {{ halt }}
menuentry "handover" {{
  linux /vmlinuz {WORDS} oriel.scenario=handover oriel.fbdev=0
  initrd /initramfs
}}
"""


def make_disk(lab):
    programs, boot = make("efi"), make("kernel", "new")
    disk = lab.folder / "disk"
    grub = disk / "boot" / "grub"
    for folder in (disk / "EFI" / "BOOT", grub):
        folder.mkdir(parents=True)
    (disk / "EFI" / "BOOT" / "BOOTX64.EFI").symlink_to(programs / "grubx64.efi")
    for name in ("vmlinuz", "initramfs"):
        (disk / name).symlink_to(boot / name)
    (grub / "font.pf2").symlink_to(programs / "font.pf2")
    (grub / "grub.cfg").write_text(CONFIG)
    (grub / "theme.txt").write_text(THEME)
    write_png(grub / "background.png", GRUB)
    return disk


class Sampler:
    """Looks at the window and at what stats name as its source, all the time, in a thread.

    `seen` has one entry for each change: (sources meanwhile, picture).
    """

    def __init__(self, weston, oriel):
        self._weston, self._oriel = weston, oriel
        self.seen = []
        self.samples = 0
        self.failure = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def source(self):
        return self._oriel.stats()["scanouts"][0]["source"]

    def _run(self):
        last = None
        try:
            while not self._stop.is_set():
                start = time.monotonic()
                before = self.source()
                shot = self._weston.capture()
                sources = {before, self.source()}
                self.samples += 1
                digest = hashlib.sha1(b"".join(shot.rows)).digest()
                if digest != last:
                    last = digest
                    self.seen.append((sources, shot))
                else:
                    self.seen[-1][0].update(sources)
                self._stop.wait(start + SAMPLE_SECONDS - time.monotonic())
        except Exception as failure:  # pylint: disable=broad-except
            self.failure = failure

    def position(self):
        """Where in `seen` something begins that the window shows now."""
        self.check()
        return len(self.seen) - 1

    def check(self):
        if self.failure:
            raise Failure(f"the sampler failed: {self.failure}")

    def stop(self):
        self._stop.set()
        self._thread.join()
        self.check()


def same(one, other):
    return one.size == other.size and one.rows == other.rows


def wait_window(lab, sampler, good, what, timeout=BOOT_TIMEOUT):
    """Waits until the latest sample of the window is good, and returns it."""
    def now():
        sampler.check()
        return sampler.seen and good(sampler.seen[-1][1])
    try:
        wait_for(now, timeout, f"the window has {what}")
    except Failure:
        if sampler.seen:
            write_png(lab.folder / "window.png", sampler.seen[-1][1])
        raise
    return sampler.seen[-1][1]


def is_menu(shot, selected):
    """GRUB's menu: our background everywhere but for two words, the selected one in yellow."""
    left, top, width, height = MENU
    if shot.size != SIZE:
        return False
    outside = [y for y in range(SIZE[1]) if not top <= y < top + height]
    if any(shot.rows[y] != GRUB.rows[y] for y in outside):
        return False
    inks = []
    for item in range(2):
        ink = set()
        for y in range(top + item * ITEM_HEIGHT, top + (item + 1) * ITEM_HEIGHT):
            for x in range(left, left + width):
                if shot.pixel(x, y) != GRUB.pixel(x, y):
                    ink.add(shot.pixel(x, y))
        inks.append(ink)
    want = [{WHITE}, {WHITE}]
    want[selected] = {YELLOW}
    return inks == want


def kernel_console(vm):
    """What the kernel has on its console, from the same lines on the serial port."""
    serial = vm.serial_path.read_bytes().decode(errors="ignore").replace("\r\n", "\n")
    text = serial[serial.rfind("[    0.000000] Linux version"):]
    lines = [line for line in text.split("\n") if line.startswith("[")]
    console = Console(*CONSOLE_SIZE, CONSOLE_COLOUR)
    return console.feed("\r\n".join(lines) + "\r\n")


def strange(seen, forbidden):
    """The first of these pictures that has rows of pictures that may not be there, or None."""
    for number, (sources, shot) in enumerate(seen):
        for name, picture in forbidden.items():
            if any(shot.rows[y] == picture.rows[y] for y in OUTER_ROWS):
                return f"picture {number} (source {sources}) has rows of {name}"
    return None


def check_screenshot(oriel, want, what):
    shot = oriel.screenshot()
    check(shot is not None and difference(shot, want) is None, f"the screenshot isn't {what}")


def check_sources(seen, driver):
    """Firmware, driver, firmware: no picture is said to be anybody else's."""
    before = set().union(*(sources for sources, _ in seen[:driver]))
    after = set().union(*(sources for sources, _ in seen[driver + 1:]))
    check(VIRTIO in seen[driver][0], f"the driver's picture is {seen[driver][0]}")
    check(BOCHS in before and VIRTIO not in before - seen[driver - 1][0],
          f"before the driver: {before}")
    check(BOCHS in after and VIRTIO not in after - seen[driver + 1][0], f"after it: {after}")


def wait_console(lab, vm, sampler):
    font, why = Font(CONSOLE_CELL), None

    def now():
        nonlocal why
        sampler.check()
        why = font.difference(sampler.seen[-1][1], kernel_console(vm))
        return why is None
    try:
        wait_for(now, 30, "the window has the kernel's console")
    except Failure as failure:
        write_png(lab.folder / "window.png", sampler.seen[-1][1])
        raise Failure(f"{failure}: {why}") from None


def hand_over(lab, oriel, vm, sampler):
    """From the kernel's console to the driver; returns where in `seen` the driver's picture is."""
    vm.wait_serial("guest: waits for a key", 1)
    wait_console(lab, vm, sampler)
    vm.press("spc")
    vm.wait_serial("guest: waits for a key", 2)
    wait_window(lab, sampler, lambda shot: same(shot, FIRMWARE), "the EFI frame buffer's picture")
    firmware = sampler.position()
    check_screenshot(oriel, FIRMWARE, "the EFI frame buffer's picture")
    vm.press("spc")
    vm.wait_serial("guest: waits for a key", 3)
    # The driver is there and has nothing to show.
    check_screenshot(oriel, FIRMWARE, "still the EFI frame buffer's picture")
    vm.press("spc")
    vm.wait_serial("guest: pattern shown")
    wait_window(lab, sampler, lambda shot: same(shot, DRIVER), "the driver's picture")
    driver = sampler.position()
    check_screenshot(oriel, DRIVER, "the driver's picture")
    for between, (sources, shot) in enumerate(sampler.seen[firmware + 1:driver]):
        write_png(lab.folder / f"between-{between}.png", shot)
        raise Failure(f"a picture of {sources} between the firmware's and the driver's")
    return driver


def test(lab):
    prepare_vm("new")
    disk = make_disk(lab)
    weston = lab.weston(size=SIZE)
    oriel = lab.oriel(options=["--size", "{}x{}".format(*SIZE), "--fullscreen"])
    vm = lab.vm(oriel, firmware="ovmf", kernel="none", splash=1, disk=disk)
    sampler = Sampler(weston, oriel)

    wait_window(lab, sampler, has_logo, "the firmware's logo")
    wait_window(lab, sampler, lambda shot: is_menu(shot, 0), "GRUB's menu")
    vm.press("down")
    menu = wait_window(lab, sampler, lambda shot: is_menu(shot, 1), "the other item selected")
    check_screenshot(oriel, menu, "GRUB's menu")
    vm.press("ret")
    driver = hand_over(lab, oriel, vm, sampler)

    vm.press("ctrl", "alt", "delete")
    wait_window(lab, sampler, has_logo, "the firmware's logo again")
    wait_window(lab, sampler, lambda shot: is_menu(shot, 0), "GRUB's menu again")
    sampler.stop()
    check_sources(sampler.seen, driver)
    wrong = strange(sampler.seen[driver + 1:], {"the EFI frame buffer's picture": FIRMWARE,
                                                "the driver's picture": DRIVER})
    check(wrong is None, f"after the reset: {wrong}")


main(test)
