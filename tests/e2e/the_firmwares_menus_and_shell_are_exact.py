# SPDX-License-Identifier: MIT
"""OVMF's logo, its set-up menu, a resolution chosen there (another GOP mode after the reset) and its
shell, driven by keys: the screenshot has every character that the firmware says it drew, in its
colours, and the compositor's output has the same pixels."""

import efi_screen
from efi_screen import BLACK, BLUE, CYAN
from harness import BOOT_TIMEOUT, Failure, check, main, prepare_vm, wait_for
from picture import write_png

# Both sizes have room for the same text mode.
FIRST_SIZE, SECOND_SIZE = (1024, 768), (800, 600)
COLUMNS, ROWS = 100, 31
STEP_TIMEOUT = 20


class Firmware:
    """A firmware in a VM: keys to it, what it says on the serial line, what oriel shows of it."""

    def __init__(self, lab, weston, oriel, vm):
        self._lab, self._weston, self._oriel, self._vm = lab, weston, oriel, vm
        self._font = efi_screen.Font()

    def console(self):
        self._vm.check_running()
        return efi_screen.Console(COLUMNS, ROWS).feed(
            self._vm.serial_path.read_bytes().decode(errors="ignore"))

    def wait_said(self, text, background=None, timeout=STEP_TIMEOUT):
        """Waits until the console has this text; with a background, on that colour."""
        wait_for(lambda: text in self.console().text(background), timeout,
                 f"the firmware's console says {text!r}", 0.1)

    def press(self, *keys, then, background=None):
        for key in keys:
            self._vm.press(key)
        self.wait_said(then, background)

    def type(self, command, then):
        self._vm.type(command + "\n")
        self.wait_said(then)

    def check_shown(self, what, size, window=True):
        """The screenshot has what the console says, and so has the window."""
        why, shot = "no screenshot", None

        def same():
            nonlocal why, shot
            said, shot = self.console(), self._oriel.screenshot()
            if shot is not None:
                why = self._font.difference(shot, said)
            return shot is not None and why is None

        try:
            wait_for(same, STEP_TIMEOUT, f"{what}: the screenshot is what the firmware says", 0.2)
        except Failure as failure:
            if shot is not None:
                write_png(self._lab.folder / "wrong.png", shot)
            raise Failure(f"{failure}: {why}") from None
        check(shot.size == size, f"{what}: {shot.size}, expected {size}")
        source = self._oriel.stats()["scanouts"][0]["source"]
        check(source == "bochs {}x{}x32".format(*size), f"{what}: stats name {source!r}")
        if window:
            self._lab.wait_shown(self._weston, shot, f"{what}: the compositor shows it")

    def enter_setup(self, size):
        """From the logo, in this size, to the set-up's first page."""
        def logo():
            self._vm.check_running()
            shot = self._oriel.screenshot()
            return shot is not None and shot.size == size and efi_screen.has_logo(shot)
        wait_for(logo, BOOT_TIMEOUT, f"the logo in {size}", 0.3)

        def there():
            # A key that comes before the firmware has its keyboard is lost.
            self._vm.press("f2")
            return "Select Language" in self.console().text()
        wait_for(there, BOOT_TIMEOUT, "F2 leads to the set-up", 1)
        self.wait_said("language for the current")


def choose_resolution(firmware):
    firmware.press("down", then="Device Manager", background=BLACK)
    firmware.press("ret", then="Devices List")
    firmware.press("up", then="OVMF Platform Configuration", background=BLACK)
    firmware.press("ret", then="Preferred Resolution")
    firmware.press("ret", then="1024x768", background=CYAN)
    firmware.press("down", "down", "down", then="{}x{}".format(*SECOND_SIZE), background=CYAN)
    firmware.check_shown("the list of resolutions", FIRST_SIZE)
    firmware.press("ret", then="<{}x{}>".format(*SECOND_SIZE))
    firmware.press("down", then="Commit Changes and Exit", background=BLACK)
    firmware.press("ret", then="Devices List")
    firmware.press("esc", then="Select Language")
    firmware.press("up", "up", then="Reset", background=BLACK)


def test(lab):
    prepare_vm()
    weston = lab.weston()
    oriel = lab.oriel(options=["--size", "{}x{}".format(*FIRST_SIZE), "--resize", "scale"])
    vm = lab.vm(oriel, firmware="ovmf", kernel="none", splash=60)
    firmware = Firmware(lab, weston, oriel, vm)
    firmware.enter_setup(FIRST_SIZE)
    firmware.check_shown("the set-up", FIRST_SIZE)
    choose_resolution(firmware)
    vm.press("ret")
    firmware.enter_setup(SECOND_SIZE)
    firmware.check_shown("the set-up after the change", SECOND_SIZE)
    firmware.press("down", "down", then="Boot Manager", background=BLACK)
    firmware.press("ret", then="EFI Internal Shell")
    firmware.press("ret", then="to skip startup.nsh")
    firmware.press("esc", then="Shell>")
    firmware.type("ver", then="UEFI Interactive Shell")
    firmware.check_shown("the shell", SECOND_SIZE)
    firmware.type("cls 1", then="Shell>")
    wait_for(lambda: firmware.console().margin == BLUE, STEP_TIMEOUT, "the shell's ground is blue")
    firmware.type("help", then="Help usage")
    firmware.check_shown("a text that scrolled", SECOND_SIZE)
    oriel.check_running()


main(test)
