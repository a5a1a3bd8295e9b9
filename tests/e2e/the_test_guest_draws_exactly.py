# SPDX-License-Identifier: MIT
"""A control without oriel: the same guest on QEMU's own virtio-gpu draws the known picture to the
last bit. When this fails, the fault is in the test VM or in the formula, not in oriel."""

from harness import main, options, prepare_vm
from picture import known_picture, read_ppm


def test(lab):
    chosen = options(kernel="debian")
    prepare_vm(chosen.kernel)
    vm = lab.vm(kernel=chosen.kernel, scenario="pattern", args="--mode,800x600")
    vm.wait_serial("pattern shown")
    dump = lab.folder / "screendump.ppm"

    def take():
        vm.qmp("screendump", filename=str(dump))
        return read_ppm(dump)

    lab.wait_picture(take, known_picture(800, 600), "QEMU's screendump is the guest's picture")


main(test)
