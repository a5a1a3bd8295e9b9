// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <utility>

#include "core/text.h"
#include "run/vmm_facts.h"

namespace oriel::app {
namespace {

/// A card that QEMU has the pictures of.
bool is_qemus_card(const QemuProperties& device) {
    constexpr std::array<std::string_view, 5> kFamilies{"virtio-vga", "virtio-gpu",
                                                        "vhost-user-vga", "vhost-user-gpu", "qxl"};
    constexpr std::array<std::string_view, 14> kCards{
        "VGA",           "secondary-vga", "isa-vga", "cirrus-vga", "isa-cirrus-vga",
        "ati-vga",       "vmware-svga",   "ramfb",   "sm501",      "bochs-display",
        "apple-gfx-pci", "tcx",           "cg3",     "cgthree"};
    const std::string driver = device.text("driver");
    return starts_with_one_of(driver, kFamilies) || is_one_of(driver, kCards) ||
           (driver.starts_with("vfio-pci") && (device.on("display") || device.on("ramfb")));
}

/// A card of the host's that the guest draws on is fine; one that is its screen is another card.
bool is_hosts_screen(const QemuProperties& device) {
    return device.text("driver").starts_with("vfio-pci") && device.on("x-vga");
}

std::vector<std::string> cards(const QemuCommand& command, bool with_hosts) {
    std::vector<std::string> found;
    const auto chosen = command.all("vga");
    if (!chosen.empty() && chosen.back()->properties.text("type") != "none") {
        found.push_back(chosen.back()->written);
    }
    for (const QemuOption* device : command.all("device")) {
        if (is_qemus_card(device->properties) ||
            (with_hosts && is_hosts_screen(device->properties))) {
            found.push_back(device->written);
        }
    }
    return found;
}

/// The last one counts.
const QemuOption* display_of(const QemuCommand& command) {
    const auto said = command.all("display");
    return said.empty() ? nullptr : said.back();
}

/// GL with a display that has it, whichever QEMU's default value is.
const QemuOption* card_with_gl(const QemuCommand& command) {
    const auto devices = command.all("device");
    const auto it = std::find_if(devices.begin(), devices.end(), [](const QemuOption* device) {
        const std::string driver = device->properties.text("driver");
        return driver.starts_with("virtio-") && (driver.find("-gl") != std::string::npos ||
                                                 driver.find("-rutabaga") != std::string::npos);
    });
    return it == devices.end() ? nullptr : *it;
}

}  // namespace

std::vector<std::string> other_cards(const QemuCommand& command) {
    return cards(command, true);
}

bool default_card_is_chosen(const QemuCommand& command) {
    return command.has("vga") || command.has("nodefaults");
}

bool display_is_chosen(const QemuCommand& command) {
    constexpr std::array<std::string_view, 6> kDisplays{"display", "nographic", "curses",
                                                        "vnc",     "spice",     "sdl"};
    return std::any_of(kDisplays.begin(), kDisplays.end(),
                       [&](std::string_view option) { return command.has(option); });
}

std::string asks_for_own_card(const QemuCommand& command) {
    if (auto own = cards(command, false); !own.empty()) {
        return std::move(own.front());
    }
    const QemuOption* const display = display_of(command);
    if (display != nullptr && (wanted_gl(command) || display->properties.text("type") == "dbus")) {
        return display->written;
    }
    for (const char* name : {"loadvm", "incoming"}) {
        if (const auto state = command.all(name); !state.empty()) {
            return state.front()->written;
        }
    }
    return {};
}

std::optional<std::string> wanted_gl(const QemuCommand& command) {
    const QemuOption* const display = display_of(command);
    if (display != nullptr) {
        auto said = display->properties.get("gl");
        if (said && *said != "off" && *said != "no") {
            return said;
        }
        if (display->properties.text("type") == "egl-headless") {
            return "on";
        }
    }
    return card_with_gl(command) != nullptr ? std::optional<std::string>{"on"} : std::nullopt;
}

bool has_pci(const QemuCommand& command) {
    constexpr std::array<std::string_view, 5> kWithout{"isapc", "microvm", "none", "raspi",
                                                       "xilinx"};
    constexpr std::array<std::string_view, 7> kWith{"x86_64",  "i386",        "aarch64", "riscv64",
                                                    "riscv32", "loongarch64", "ppc64"};
    return !starts_with_one_of(command.merged("machine").text("type"), kWithout) &&
           (command.architecture().empty() || starts_with_one_of(command.architecture(), kWith));
}

bool has_input(const QemuCommand& command, std::string_view kind) {
    for (const char* option : {"device", "usbdevice"}) {
        for (const QemuOption* device : command.all(option)) {
            if (device->written.find(kind) != std::string::npos) {
                return true;
            }
        }
    }
    return false;
}

bool sound_is_chosen(const QemuCommand& command) {
    constexpr std::array<std::string_view, 3> kOptions{"audiodev", "audio", "soundhw"};
    constexpr std::array<std::string_view, 12> kDevices{
        "intel-hda", "ich9-intel-hda", "hda-",      "AC97",         "ES1370",    "sb16", "adlib",
        "gus",       "cs42",           "usb-audio", "virtio-sound", "virtio-snd"};
    const auto devices = command.all("device");
    return std::any_of(kOptions.begin(), kOptions.end(),
                       [&](std::string_view option) { return command.has(option); }) ||
           std::any_of(devices.begin(), devices.end(), [&](const QemuOption* device) {
               return starts_with_one_of(device->properties.text("driver"), kDevices);
           });
}

}  // namespace oriel::app
