// SPDX-License-Identifier: MIT
// Programs that answer as the QEMUs of distributions do.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <vector>

#include "run/dbus_arguments.h"
#include "run/road.h"
#include "support/temp_dir.h"

namespace oriel::app {
namespace {

using Words = std::vector<std::string>;

struct Distribution {
    const char* name;
    const char* version;  ///< the first line of -version
    bool vfio_user;
    bool display_module;  ///< installed, with its D-Bus display
    Road road;
};

constexpr std::array kDistributions{
    Distribution{"Debian 12", "7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)", false, true, Road::kDbus},
    Distribution{"Ubuntu 24.04", "8.2.2 (Debian 1:8.2.2+ds-0ubuntu1.10)", false, true, Road::kDbus},
    Distribution{"Ubuntu 24.04, without module", "8.2.2 (Debian 1:8.2.2+ds-0ubuntu1.10)", false,
                 false, Road::kVhostUser},
    Distribution{"Fedora 41", "9.1.3 (qemu-9.1.3-2.fc41)", false, true, Road::kDbus},
    Distribution{"Fedora 41, without module", "9.1.3 (qemu-9.1.3-2.fc41)", false, false,
                 Road::kVhostUser},
    Distribution{"Debian 13", "10.0.13 (Debian 1:10.0.13+ds-0+deb13u1)", false, true, Road::kDbus},
    Distribution{"Debian 13, without module", "10.0.13 (Debian 1:10.0.13+ds-0+deb13u1)", false,
                 false, Road::kVhostUser},
    // It is a choice of who builds it.
    Distribution{"Fedora 43, with vfio-user", "10.1.2 (qemu-10.1.2-1.fc43)", true, true,
                 Road::kVfioUser},
    Distribution{"Fedora 43, without vfio-user", "10.1.2 (qemu-10.1.2-1.fc43)", false, true,
                 Road::kDbus},
    Distribution{"Debian 13 backports", "11.1.3 (Debian 1:11.1.3+ds-1~bpo13+1)", true, true,
                 Road::kVfioUser},
};

/// What they print is more than names: modules that are missing, titles, aliases, hints.
class StandIn {
public:
    explicit StandIn(const Distribution& what) {
        std::ofstream script{path};
        script << "#!/bin/sh\n"
                  "echo 'qemu: module audio-audio-jack not found, do you want to install "
                  "qemu-system-gui package?' >&2\n"
                  "case \"$1 $2\" in\n"
                  "'-version ') cat <<EOF\nQEMU emulator version "
               << what.version
               << "\nCopyright (c) 2003-2024 Fabrice Bellard and the QEMU Project developers\n"
                  "EOF\n;;\n'-device help') cat <<EOF\nController/Bridge/Hub devices:\n"
                  "name \"pcie-root-port\", bus PCI, desc \"PCI Express Root Port\"\n\n"
                  "Display devices:\nname \"VGA\", bus PCI\n"
                  "name \"vhost-user-gpu\", bus virtio-bus\n"
                  "name \"vhost-user-gpu-pci\", bus PCI\n"
                  "name \"vhost-user-input-pci\", bus PCI\nname \"vhost-user-vga\", bus PCI\n"
                  "name \"virtio-gpu-pci\", bus PCI, alias \"virtio-gpu\"\n"
                  "name \"virtio-vga\", bus PCI\nname \"qemu-xhci\", bus PCI\n"
                  "name \"usb-tablet\", bus usb-bus\n\nMisc devices:\n"
               << (what.vfio_user ? "name \"vfio-user-pci\", bus PCI, desc \"VFIO over socket PCI "
                                    "device assignment\"\n"
                                  : "")
               << "name \"vfio-pci\", bus PCI, desc \"VFIO-based PCI device assignment\"\n"
                  "EOF\n;;\n'-display help') cat <<EOF\nAvailable display backend types:\nnone\n"
               << (what.display_module ? "egl-headless\ndbus\n" : "curses\n")
               << "\nSome display backends support suboptions, which can be set with\n"
                  "   -display backend,option=value,option=value...\n"
                  "For a short list of the suboptions for each display, see the top-level -help\n"
                  "output; more detail is in the documentation.\nEOF\n;;\n*) exit 1;;\nesac\n";
        script.close();
        ::chmod(path.c_str(), 0700);
    }

private:
    test::TempDir folder_;

public:
    const std::string path = folder_.file("qemu-system-x86_64");
};

TEST_SUITE("distributions") {
    TEST_CASE("the same command line finds its road on the QEMU of each distribution") {
        for (const Distribution& what : kDistributions) {
            CAPTURE(std::string{what.name});
            const StandIn qemu{what};
            const Words words{qemu.path, "-machine", "q35,accel=kvm", "-m", "4G", "disk.qcow2"};
            const QemuCommand command{words};
            QemuProbe probe{command.program()};
            const auto choice = choose_road(command, {}, probe);
            REQUIRE(choice);
            CHECK(choice->road == what.road);
            CHECK_FALSE(choice->why.empty());
            if (what.road == Road::kDbus) {
                const Words all = complete_dbus_arguments(words, {.qmp = "/q"}, probe).command;
                CHECK(std::count(all.begin(), all.end(), "dbus,p2p=yes") == 1);
                CHECK(std::count(all.begin(), all.end(), "virtio-vga") == 1);
            }
        }
    }

    TEST_CASE("a road that is asked for is had, or refused, on each of them") {
        for (const Distribution& what : kDistributions) {
            CAPTURE(std::string{what.name});
            const StandIn qemu{what};
            const QemuCommand command{{qemu.path, "-enable-kvm", "-m", "4G"}};
            QemuProbe probe{command.program()};
            CHECK(choose_road(command, {.forced = Road::kVfioUser}, probe).has_value() ==
                  what.vfio_user);
            CHECK(choose_road(command, {.forced = Road::kDbus}, probe).has_value() ==
                  what.display_module);
            CHECK(choose_road(command, {.forced = Road::kVhostUser}, probe).has_value());
        }
    }
}

}  // namespace
}  // namespace oriel::app
