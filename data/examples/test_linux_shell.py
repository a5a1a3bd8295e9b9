# SPDX-License-Identifier: MIT
"""What linux-shell.toml does, by pytest: PYTHONPATH=data/python pytest data/examples. KERNEL and INITRAMFS are files,
for example those of tests/vm/kernel."""

import os
from pathlib import Path

import pytest

pytest_plugins = ["pytest_oriel"]

WORDS = ("mitigations=off nokaslr tsc=reliable no_timer_check random.trust_cpu=on cryptomgr.notests rcupdate.rcu_expedited=1 "
         "console=ttyS0 console=tty0 quiet loglevel=4 oriel.scenario=typing")


@pytest.fixture
def vm_command():
    return ["qemu-system-x86_64", "-nodefaults", "-machine", "q35", "-m", "512M", "-accel", "kvm", "-accel", "tcg",
            "-kernel", os.environ["KERNEL"], "-initrd", os.environ["INITRAMFS"], "-append", WORDS]


@pytest.fixture
def vm_options():
    return ["--size=1024x768"]


def test_a_shell_answers(vm):
    vm.wait_serial("^guest: a shell on tty1$", timeout=120)
    vm.assert_screen(mode="virtio 1024x768")
    # The shell's own arithmetic: no echo of what is typed has this answer.
    vm.type("echo Typed_$((6*7)) | tee /dev/ttyS0\n")
    vm.wait_serial("^Typed_42$")
    vm.assert_screen(text="Typed_42")
    vm.type("echo 0 >/sys/class/graphics/fbcon/cursor_blink; clear\n")
    vm.assert_screen(anywhere=Path(__file__).with_name("linux-shell.png"))
    vm.assert_screen(colour="#000000,0,64,1024,704")
    vm.screenshot("shell")  # in the test's tmp_path
    vm.type("poweroff -f\n")
    assert vm.wait_end() == 0
