// SPDX-License-Identifier: MIT
// The words that options take, for option_table.cpp only.
#pragma once

#include <array>
#include <string_view>

#include "cli/option_table.h"
#include "cli/options.h"
#include "cli/record_choice.h"
#include "core/log.h"
#include "wayland/choices.h"

namespace oriel::app {

template <class Value>
constexpr Choice choice(std::string_view word, Value value, std::string_view text) {
    return {word, static_cast<int>(value), text};
}

inline constexpr std::array kRoads{
    choice("auto", RoadOption::kAuto,
           "`vfio-user` where QEMU has that device and nothing on its command line asks for a card "
           "of its own, for GL, or for a saved state; else `dbus`; `vhost-user` where QEMU has "
           "neither"),
    choice("vfio-user", RoadOption::kVfioUser, "Oriel is the card (QEMU 10.1 or newer)"),
    choice("vhost-user", RoadOption::kVhostUser,
           "Oriel is the device behind a PCI function of QEMU's (QEMU 8.0 or newer, QEMU 7 with "
           "KVM)"),
    choice("dbus", RoadOption::kDbus,
           "QEMU's own card, over its D-Bus display (QEMU 7.0 or newer)"),
};
inline constexpr std::array kPaces{
    choice("refresh", PaceOption::kRefresh, "time does: a frame a refresh period, as on a monitor"),
    choice("virtual", PaceOption::kVirtual,
           "the guest does: each of its flushes is a frame of its own, shown and answered at once, "
           "and "
           "the clock goes on by one refresh period with it. A slow machine shows the same frames "
           "as a fast one. With `--freeze-blink`"),
};
inline constexpr std::array kResizes{
    choice("guest", wayland::Resize::kGuest,
           "the window's size is the user's and becomes the mode that the guest is asked for; "
           "until the guest follows, its picture is scaled inside the window"),
    choice("scale", wayland::Resize::kScale,
           "the guest chooses its mode; the window has that size until the user resizes it, then "
           "the picture is scaled. This is the default value with both `--fullscreen` and "
           "`--size`"),
    choice("fixed", wayland::Resize::kFixed,
           "the window always has the guest's size and can't be resized"),
};
inline constexpr std::array kMissingOutputs{
    choice("show", MissingOutputOption::kShow, "it is where the compositor likes"),
    choice("hide", MissingOutputOption::kHide,
           "it is hidden, as `oriel kiosk` has it, so that it covers no other VM. On a compositor "
           "whose outputs have no names it shows"),
};
inline constexpr std::array kScalings{
    choice("fit", wayland::Scaling::kFit, "as large as the window allows, with its own shape"),
    choice("integer", wayland::Scaling::kInteger,
           "the largest whole multiple; as `fit` where not even one has room"),
    choice("stretch", wayland::Scaling::kStretch, "all of the window, whatever its shape"),
    choice("none", wayland::Scaling::kNone, "one to one; as `fit` where that has no room"),
};
inline constexpr std::array kPaths{
    choice("auto", PathOption::kAuto,
           "`direct` where that is possible, otherwise `gles` where there is a GPU and `shm` where "
           "there is none"),
    choice("direct", PathOption::kDirect,
           "what a guest draws into its own memory is the compositor's buffer and nothing is "
           "copied; everything else as with `auto`. An error where the compositor takes no "
           "dma-bufs"),
    choice("gles", PathOption::kGles,
           "OpenGL ES 2 draws guests' dma-bufs where they are, and uploads the rest"),
    choice("upload", PathOption::kUpload, "OpenGL ES 2 textures, always copied"),
    choice("shm", PathOption::kShm, "shared memory (`wl_shm`)"),
};
inline constexpr std::array kLatencies{
    choice("normal", wayland::LatencyChoice::kNormal, "whole frames"),
    choice("low", wayland::LatencyChoice::kLow,
           "the compositor may show a frame at once, even if the picture tears"),
};
inline constexpr std::array kDecorations{
    choice("auto", wayland::DecorationsChoice::kAuto,
           "the compositor's; where it draws none (GNOME, Weston), the one of libdecor, if that "
           "and its plugin are installed"),
    choice("none", wayland::DecorationsChoice::kNone, "no frame"),
};
inline constexpr std::array kCompositorLosses{
    choice(
        "wait", CompositorLossOption::kWait,
        "the VM goes on without a window and does not notice; when there is a compositor on the "
        "same socket again, the windows come back as they were. Not where the connection came as "
        "`WAYLAND_SOCKET`, which is good for one"),
    choice("end", CompositorLossOption::kEnd,
           "the process ends with status 1, and the VM of `run` with it"),
};
inline constexpr std::array kGrabs{
    choice("focus", wayland::GrabChoice::kFocus, "whenever the window gets the keyboard"),
    choice("click", wayland::GrabChoice::kClick, "at a click into the window"),
    choice("never", wayland::GrabChoice::kNever, "the desktop keeps its shortcuts"),
};
inline constexpr std::array kPciClasses{
    choice("auto", PciClassOption::kAuto,
           "`vga`; `run` takes `display` for a machine that has no VGA: `qemu-system-aarch64`, "
           "`arm`, `riscv64`, `riscv32`, `loongarch64` and `s390x`, and machines named `virt`, "
           "`microvm` and `sbsa-ref`"),
    choice("vga", PciClassOption::kVga,
           "0x030000, as QEMU's `virtio-vga`: a PC's firmware and boot loaders draw on it"),
    choice("display", PciClassOption::kDisplay,
           "0x038000, as QEMU's `virtio-gpu-pci`: firmware with a driver for virtio-gpu draws on "
           "it, such as AAVMF. There is no VGA and no option ROM"),
};
inline constexpr std::array kMemorySizes{
    choice("16M", 16, "enough for 1920x1080"),
    choice("32M", 32, "enough for 3840x2160 with 32 bits"),
    choice("64M", 64, "64 MiB"),
    choice("128M", 128, "128 MiB"),
};
inline constexpr std::array kSandboxes{
    choice("on", SandboxOption::kOn,
           "what it may not do fails. A system call that only an attacker makes ends the process "
           "with the status 159 and a line that names the call"),
    choice("log", SandboxOption::kLog,
           "such a call is a line in the log, once for each, and is carried out; files are not "
           "restricted"),
    choice("off", SandboxOption::kOff, "no sandbox"),
};
inline constexpr std::array kCodecs{
    choice("auto", -1, "`vp9` for `.webm`, otherwise `h264`"),
    choice("h264", RecordCodec::kH264, "H.264, in `.mp4` and `.mkv`"),
    choice("vp9", RecordCodec::kVp9, "VP9"),
    choice("av1", RecordCodec::kAv1, "AV1"),
};
inline constexpr std::array kLogLevels{
    choice("error", LogLevel::kError, "only what failed"),
    choice("warn", LogLevel::kWarn, "also what will not work as wished"),
    choice("info", LogLevel::kInfo, "also what happens to the VM"),
    choice("debug", LogLevel::kDebug, "also what helps to find a fault"),
};

}  // namespace oriel::app
