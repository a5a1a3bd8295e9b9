# SPDX-License-Identifier: MIT
"""The EDID as the guest's kernel has it passes edid-decode --check; the mode asked for is preferred,
and the sizes that every console knows are there."""

import re
import subprocess

from harness import check, main, need_program, prepare_vm


def test(lab):
    need_program("edid-decode")
    prepare_vm("debian")
    oriel = lab.oriel("headless", options=["--size", "1600x900@75", "--outputs", "2"])
    vm = lab.vm(oriel, scenario="modes")
    vm.wait_serial("modes printed")
    serial = vm.serial()
    for screen in (0, 1):
        modes = re.findall(rf"guest: screen {screen} mode (\d+x\d+)@(\d+)mHz( preferred)?", serial)
        preferred = [(size, int(rate)) for size, rate, mark in modes if mark]
        check(preferred and preferred[0][0] == "1600x900" and abs(preferred[0][1] - 75000) < 150,
              f"screen {screen} prefers {preferred}")
        sizes = {size for size, _, _ in modes}
        check({"640x480", "800x600", "1024x768"} <= sizes, f"screen {screen} has only {sizes}")
        found = re.search(rf"guest: screen {screen} edid ([0-9a-f]+)", serial)
        check(found, f"screen {screen} has no EDID")
        edid = bytes.fromhex(found.group(1))
        path = lab.folder / f"screen-{screen}.edid"
        path.write_bytes(edid)
        result = subprocess.run(["edid-decode", "--check", path], capture_output=True, text=True,
                                check=False)
        check(result.returncode == 0 and "PASS" in result.stdout,
              f"edid-decode --check: {result.stdout}{result.stderr}")
        complaints = [line for line in result.stdout.splitlines()
                      if line.startswith(("Warnings:", "Failures:"))]
        check(not complaints, f"edid-decode complains: {result.stdout}")


main(test)
