// SPDX-License-Identifier: MIT
#include "run/dbus_arguments.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "fake_qemu.h"
#include "net/local_socket.h"
#include "run/sound.h"

namespace oriel::app {
namespace {

using Words = std::vector<std::string>;

VmmArguments completed(Words words, DbusVmm vmm = {}, const char* program = "qemu-system-x86_64") {
    words.insert(words.begin(), program);
    vmm.qmp = "/run/a,b";
    QemuProbe probe{""};
    return complete_dbus_arguments(std::move(words), vmm, probe);
}

/// Whether `option value` is in the command, as two words that follow each other.
bool says(const VmmArguments& vmm, const std::string& option, const std::string& value) {
    const Words& words = vmm.command;
    for (size_t i = 0; i + 1 < words.size(); ++i) {
        if (words[i] == option && words[i + 1] == value) {
            return true;
        }
    }
    return false;
}

long times(const VmmArguments& vmm, const std::string& option) {
    return std::count(vmm.command.begin(), vmm.command.end(), option);
}

TEST_SUITE("dbus arguments") {
    TEST_CASE("a plain command line gets a display, a monitor, a card and a pointer") {
        const VmmArguments vmm = completed({"-m", "4G", "-snapshot", "disk.qcow2"});
        CHECK(says(vmm, "-display", "dbus,p2p=yes"));
        CHECK(says(vmm, "-qmp", "unix:/run/a,,b,server=on,wait=off"));
        CHECK(says(vmm, "-vga", "none"));
        CHECK(says(vmm, "-device", "virtio-vga"));
        CHECK(says(vmm, "-device", "qemu-xhci,id=oriel-usb"));
        CHECK(says(vmm, "-device", "usb-tablet,bus=oriel-usb.0"));
        CHECK(vmm.added.size() == 6);
        CHECK(vmm.conflicts.empty());
        // Memory is QEMU's own business here, and nothing else is added.
        CHECK(times(vmm, "-object") == 0);
        CHECK(times(vmm, "-audiodev") == 0);
        CHECK(says(completed({}, {.outputs = 2}), "-device", "virtio-vga,max_outputs=2"));
    }

    TEST_CASE("a card and a pointer of the user's own stay, and are the only ones") {
        for (const Words& card : std::vector<Words>{{"-vga", "qxl"}, {"-device", "ramfb"}}) {
            const VmmArguments vmm = completed(card);
            CHECK(times(vmm, "-vga") == (card[0] == "-vga" ? 1 : 0));
            CHECK_FALSE(says(vmm, "-device", "virtio-vga"));
            CHECK(completed(card, {.outputs = 2}).conflicts.size() == 1);
        }
        CHECK(says(completed({"-vga", "none"}), "-device", "virtio-vga"));
        CHECK(times(completed({"-nodefaults"}), "-vga") == 0);
        CHECK(times(completed({"-device", "virtio-tablet-pci"}), "-device") == 2);
        CHECK(times(completed({"-usbdevice", "tablet"}), "-device") == 1);
    }

    TEST_CASE("what a display says of GL is kept, and a card with GL gets it") {
        CHECK(says(completed({"-display", "gtk,gl=es"}), "-display", "dbus,p2p=yes,gl=es"));
        CHECK(says(completed({"-display", "egl-headless,rendernode=/dev/dri/renderD129"}),
                   "-display", "dbus,p2p=yes,gl=on,rendernode=/dev/dri/renderD129"));
        CHECK(says(completed({"-device", "virtio-vga-gl"}), "-display", "dbus,p2p=yes,gl=on"));
        CHECK(says(completed({"-display", "gtk,gl=off"}), "-display", "dbus,p2p=yes"));
        CHECK(times(completed({"-display", "dbus,p2p=on,gl=on"}), "-display") == 1);
        CHECK(says(completed({"-display", "dbus,audiodev=a"}), "-display",
                   "dbus,p2p=yes,audiodev=a"));
    }

    TEST_CASE("a machine without VGA gets a plain card and a keyboard, one without PCI nothing") {
        const VmmArguments arm = completed({"-M", "virt"}, {}, "qemu-system-aarch64");
        CHECK(says(arm, "-device", "virtio-gpu-pci"));
        CHECK(says(arm, "-device", "usb-kbd,bus=oriel-usb.0"));
        CHECK(times(completed({"-M", "isapc"}), "-device") == 0);
    }

    TEST_CASE("a device that QEMU doesn't have is not added") {
        const FakeQemu small{"VGA", "dbus"};
        QemuProbe probe{small.path};
        const VmmArguments vmm = complete_dbus_arguments({small.path}, {.qmp = "/q"}, probe);
        CHECK(times(vmm, "-device") == 0);
        CHECK(times(vmm, "-vga") == 0);
    }

    TEST_CASE("the clipboard is QEMU's own, over a port that it gets once") {
        const VmmArguments vmm = completed({}, {.clipboard = true});
        CHECK(says(vmm, "-chardev", "qemu-vdagent,id=oriel-agent,clipboard=on"));
        CHECK(says(vmm, "-device", "virtio-serial"));
        CHECK(says(vmm, "-device", "virtserialport,chardev=oriel-agent,name=com.redhat.spice.0"));
    }

    TEST_CASE("the guest is heard where a server runs that QEMU has a driver for") {
        const FakeQemu qemu{"virtio-vga", "dbus", "none pa pipewire"};
        const FakeQemu old{"virtio-vga", "dbus", "none pa"};
        const auto driver = [](const FakeQemu& one, Words words, const SoundServers& servers) {
            words.insert(words.begin(), one.path);
            const QemuCommand command{words};
            QemuProbe probe{command.program()};
            return sound_driver(command, servers, probe);
        };
        const SoundServers both{"/run/pipewire-0", "/run/pulse/native"};
        CHECK(driver(qemu, {}, both) == "pipewire");
        CHECK(driver(old, {}, both) == "pa,server=unix:/run/pulse/native");
        CHECK(driver(old, {}, {"", "/a,b/native"}) == "pa,server=unix:/a,,b/native");
        CHECK(driver(old, {}, {"/run/pipewire-0", ""}).empty());
        CHECK(driver(qemu, {}, {}).empty());
        for (const Words& words : std::vector<Words>{{"-audiodev", "none,id=a"},
                                                     {"-audio", "pa"},
                                                     {"-device", "AC97"},
                                                     {"-device", "ich9-intel-hda"},
                                                     {"-device", "virtio-sound-pci"}}) {
            CHECK(driver(qemu, words, both).empty());
        }
        const VmmArguments vmm = completed({}, {.sound = "pa,server=unix:/s"});
        CHECK(says(vmm, "-audiodev", "pa,server=unix:/s,id=oriel-sound"));
        CHECK(says(vmm, "-device", "intel-hda"));
        CHECK(says(vmm, "-device", "hda-duplex,audiodev=oriel-sound"));
    }

    TEST_CASE("a sound server is one that listens where its clients look for it") {
        const test::TempDir folder;
        std::filesystem::create_directory(folder.file("pulse"));
        ::setenv("XDG_RUNTIME_DIR", folder.file("").c_str(), 1);
        ::unsetenv("PIPEWIRE_REMOTE");
        ::unsetenv("PULSE_SERVER");
        CHECK(SoundServers::of_session().pipewire.empty());
        CHECK(SoundServers::of_session().pulse.empty());
        const auto pipewire = listen_local(folder.file("pipewire-0"));
        const auto pulse = listen_local(folder.file("pulse/native"));
        CHECK_FALSE(SoundServers::of_session().pipewire.empty());
        CHECK_FALSE(SoundServers::of_session().pulse.empty());
        ::setenv("PULSE_SERVER", "tcp:host", 1);
        ::setenv("PIPEWIRE_REMOTE", "other", 1);
        CHECK(SoundServers::of_session().pipewire.empty());
        ::unsetenv("PIPEWIRE_REMOTE");
        ::unsetenv("PULSE_SERVER");
        ::unsetenv("XDG_RUNTIME_DIR");
    }
}

}  // namespace
}  // namespace oriel::app
