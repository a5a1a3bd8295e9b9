# SPDX-License-Identifier: MIT
"""How many lines of each target's parser its inputs reach, by clang's source-based coverage."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

OPTIONS = ("-Doptimization=0", "-Dcpp_args=-fprofile-instr-generate -fcoverage-mapping",
           "-Dcpp_link_args=-fprofile-instr-generate")
# What takes a target's bytes apart, and decides on them. What is behind that has its unit tests.
PARSERS = {
    "agent-message": ("backend/agent/message.cpp", "backend/agent/message_reader.cpp", "backend/agent/line_ends.cpp"),
    "console-picture": ("backend/match/search.cpp", "backend/match/console_text.cpp", "backend/match/text_grid.cpp"),
    "control-request": ("backend/app/control/control_server.cpp", "backend/app/control/json_fields.cpp",
                        "backend/app/serve/control_requests.cpp", "backend/app/cli/input_command.cpp",
                        "backend/app/cli/screen_command.cpp"),
    "dbus-picture": ("backend/qemu_dbus/picture_message.cpp", "backend/qemu_dbus/console_screen.cpp"),
    "edid-monitor": ("backend/edid/edid.cpp", "backend/edid/decode.cpp", "backend/edid/displayid.cpp",
                     "backend/edid/timing.cpp"),
    "font-file": ("backend/match/font_psf.cpp", "backend/match/font_pf2.cpp", "backend/match/font_edk2.cpp",
                  "backend/match/font_vga.cpp", "backend/match/font_file.cpp",
                  "backend/match/packed_firmware_lzma.cpp"),
    "gpu-command": ("backend/gpu/command.cpp",),
    "gpu-device": ("backend/gpu/command.cpp", "backend/gpu/command_reader.cpp", "backend/gpu/executor.cpp",
                   "backend/gpu/control_queue.cpp", "backend/gpu/cursor_queue.cpp",
                   "backend/gpu/resources/backing.cpp", "backend/gpu/resources/resource_table.cpp"),
    "input-device": ("backend/input/input_device.cpp", "backend/input/frame_backlog.cpp",
                     "backend/input/device_state.cpp"),
    # Half of toml_values.cpp is for what only a script may say: it counts there.
    "kiosk-file": ("backend/app/kiosk/kiosk_file.cpp", "backend/app/kiosk/vm_table.cpp"),
    "needle-file": ("backend/match/needle_file.cpp",),
    "option-rom": ("backend/pci/option_rom.cpp",),
    "pci-function": ("backend/pci/virtio_function.cpp", "backend/pci/display_function.cpp",
                     "backend/pci/config_space.cpp", "backend/virtio/pci_registers.cpp"),
    "qmp-message": ("backend/input/qmp_message.cpp",),
    "test-script": ("backend/app/test_run/script_reader.cpp", "backend/app/test_run/step_table.cpp",
                    "backend/app/test_run/condition_table.cpp", "backend/app/test_run/vm_script_table.cpp",
                    "backend/app/test_run/record_table.cpp", "backend/app/test_run/edid_table.cpp",
                    "backend/app/toml_file/toml_values.cpp"),
    "traced-frame": ("backend/app/trace/traced_frame.cpp",),
    "vfio-user-message": ("backend/vfio_user/message.cpp",),
    "vfio-user-session": ("backend/vfio_user/message.cpp", "backend/vfio_user/session.cpp",
                          "backend/vfio_user/attachment.cpp", "backend/vfio_user/client_interrupts.cpp"),
    "vga-registers": ("backend/vga/registers.cpp", "backend/vga/dispi.cpp", "backend/vga/layout.cpp",
                      "backend/vga/memory_window.cpp", "backend/vga/picture.cpp", "backend/vga/rasteriser.cpp"),
    "vhost-user-message": ("backend/vhost_user/message.cpp",),
    "vhost-user-session": ("backend/vhost_user/message.cpp", "backend/vhost_user/front_end_session.cpp",
                           "backend/vhost_user/vrings.cpp", "backend/vhost_user/memory_table.cpp"),
    "vga-shaders": ("backend/vga/registers.cpp", "backend/vga/layout.cpp", "backend/vga/picture.cpp",
                    "shaders/vga_renderer.cpp", "shaders/vga_textures.cpp"),
    "virtqueue": ("backend/virtio/virtqueue.cpp", "backend/virtio/in_flight.cpp", "backend/virtio/chain.cpp"),
    "wayland-events": ("wayland/connection/globals.cpp", "wayland/connection/startup.cpp",
                       "wayland/output/output.cpp", "wayland/seat/keyboard.cpp", "wayland/seat/pointer.cpp",
                       "wayland/seat/touch.cpp", "wayland/seat/seat.cpp", "wayland/shell/shell_xdg.cpp",
                       "wayland/frames/dmabuf_feedback.cpp", "wayland/frames/presentation.cpp",
                       "wayland/clipboard/data_device.cpp", "wayland/surface/surface.cpp"),
}


def tool(name):
    """llvm's, of the compiler's version, which Debian has without a plain name in the path."""
    version = re.search(r"version (\d+)", subprocess.run(
        ["clang", "--version"], capture_output=True, text=True, check=True).stdout).group(1)
    return shutil.which(f"{name}-{version}") or shutil.which(name)


def missing():
    """What is to be installed for it; empty if all is there."""
    return "" if tool("llvm-profdata") and tool("llvm-cov") else "Debian's package llvm"


def profile(program, folders):
    """What these folders' inputs reach. An input that ends the program is a finding elsewhere: here it takes
    the others of its part with it, so there are several parts."""
    raw = program.with_name(f"{program.name}.profraw.d")
    shutil.rmtree(raw, ignore_errors=True)
    raw.mkdir()
    files = sorted(path for folder in folders for path in Path(folder).iterdir())
    for at in range(0, len(files), 500):
        subprocess.run([program, *files[at:at + 500]], check=False, capture_output=True,
                       env={**os.environ, "LLVM_PROFILE_FILE": str(raw / f"{at}.profraw")})
    merged = program.with_name(f"{program.name}.profdata")
    subprocess.run([tool("llvm-profdata"), "merge", "-sparse", "-o", merged, *sorted(raw.iterdir())],
                   check=True, capture_output=True)
    return merged


def lines_reached(root, program, target, folders):
    """"91 % of 210", or why that is not known."""
    sources = {str(root / name) for name in PARSERS.get(target, ())}
    if not sources:
        return "no parser is named"
    exported = subprocess.run(
        [tool("llvm-cov"), "export", "-summary-only", f"-instr-profile={profile(program, folders)}", program],
        check=True, capture_output=True, text=True).stdout
    lines = [file["summary"]["lines"] for file in json.loads(exported)["data"][0]["files"]
             if os.path.realpath(program.parent / file["filename"]) in sources or file["filename"] in sources]
    count = sum(each["count"] for each in lines)
    return f"{100 * sum(each['covered'] for each in lines) // max(1, count)} % of {count}"
