// SPDX-License-Identifier: MIT
#include "run/road.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "fake_qemu.h"

namespace oriel::app {
namespace {

using Words = std::vector<std::string>;

Result<RoadChoice> road(const FakeQemu& qemu, Words words, const RoadWishes& wishes = {}) {
    words.insert(words.begin(), qemu.path);
    const QemuCommand command{words};
    QemuProbe probe{command.program()};
    return choose_road(command, wishes, probe);
}

bool by_dbus(const FakeQemu& qemu, const Words& words, const RoadWishes& wishes = {}) {
    const auto choice = road(qemu, words, wishes);
    REQUIRE(choice);
    CHECK_FALSE(choice->why.empty());
    return choice->road == Road::kDbus;
}

TEST_SUITE("road") {
    TEST_CASE("the names in QEMU's help are had, and nothing else") {
        const auto names = names_in_help(
            "Display devices:\nname \"virtio-vga\", bus PCI\nname \"VGA\", bus PCI, desc \"x\"\n"
            "\npa\nnone\nname of nothing\n");
        CHECK(names == std::set<std::string, std::less<>>{"virtio-vga", "VGA", "pa", "none"});
    }

    TEST_CASE("what a QEMU has said to one is not asked again by the others") {
        const FakeQemu both{"vfio-user-pci virtio-vga", "none dbus"};
        QemuProbe first{both.path};
        const std::string said = first.devices_for_others();
        CHECK(first.has_device("vfio-user-pci") == true);
        CHECK(both.asked() == "-device help\n");
        REQUIRE(::setenv(QemuProbe::kVariable, said.c_str(), 1) == 0);
        QemuProbe second{both.path};
        CHECK(second.has_device("vfio-user-pci") == true);
        CHECK(second.has_device("VGA") == false);
        CHECK(both.asked() == "-device help\n");
        // Another program is asked, and so is this one of its displays.
        const FakeQemu old{"virtio-vga", "none dbus"};
        CHECK(QemuProbe{old.path}.has_device("vfio-user-pci") == false);
        CHECK(old.asked() == "-device help\n");
        CHECK(second.has_display("dbus") == true);
        REQUIRE(::unsetenv(QemuProbe::kVariable) == 0);
    }

    TEST_CASE("a QEMU that could not be asked is not asked again either") {
        QemuProbe none{"/no/such/qemu-system-x86_64"};
        const std::string said = none.devices_for_others();
        CHECK(said == "/no/such/qemu-system-x86_64\nunknown");
        REQUIRE(::setenv(QemuProbe::kVariable, said.c_str(), 1) == 0);
        CHECK_FALSE(QemuProbe{"/no/such/qemu-system-x86_64"}.has_device("VGA"));
        REQUIRE(::unsetenv(QemuProbe::kVariable) == 0);
        CHECK(QemuProbe{""}.devices_for_others() == "\nunknown");
    }

    TEST_CASE("a new QEMU takes vfio-user, and an old one its D-Bus display") {
        const FakeQemu both{"vfio-user-pci virtio-vga", "none dbus"};
        CHECK_FALSE(by_dbus(both, {"-m", "1G"}));
        CHECK_FALSE(by_dbus(both, {"-m", "1G"}));
        CHECK(both.asked() == "-device help\n-device help\n");
        const FakeQemu old{"virtio-vga", "none dbus"};
        CHECK(by_dbus(old, {"-m", "1G"}));
        // An option for Oriel's card doesn't make an old QEMU a new one.
        CHECK(by_dbus(old, {}, {.own_card_option = "--vga-memory"}));
    }

    TEST_CASE("what needs a card of QEMU's own means its D-Bus display") {
        const FakeQemu both{"vfio-user-pci virtio-vga", "none dbus"};
        for (const Words& words : std::vector<Words>{{"-device", "virtio-vga-gl"},
                                                     {"-vga", "qxl"},
                                                     {"-display", "gtk,gl=on"},
                                                     {"-display", "egl-headless"},
                                                     {"-display", "dbus"},
                                                     {"-device", "ramfb"},
                                                     {"-device", "vfio-pci,host=1,display=on"},
                                                     {"-loadvm", "yesterday"},
                                                     {"-incoming", "defer"}}) {
            const auto choice = road(both, words);
            REQUIRE(choice);
            CHECK(choice->road == Road::kDbus);
            CHECK(choice->why.starts_with(words[0] + " " + words[1]));
        }
        for (const Words& words : std::vector<Words>{{"-vga", "none"},
                                                     {"-display", "gtk"},
                                                     {"-display", "gtk,gl=off"},
                                                     {"-snapshot"},
                                                     {"-device", "vfio-pci,host=1,x-vga=on"}}) {
            CHECK_FALSE(by_dbus(both, words));
        }
        CHECK_FALSE(by_dbus(both, {"-vga", "qxl"}, {.own_card_option = "--option-rom"}));
    }

    TEST_CASE("a road that is forced is taken, or an error that says why not") {
        const FakeQemu both{"vfio-user-pci", "none dbus"};
        CHECK(by_dbus(both, {}, {.forced = Road::kDbus}));
        CHECK_FALSE(by_dbus(both, {"-vga", "qxl"}, {.forced = Road::kVfioUser}));
        const FakeQemu old{"virtio-vga", "none dbus"};
        const auto no_device = road(old, {}, {.forced = Road::kVfioUser});
        REQUIRE_FALSE(no_device);
        CHECK(no_device.error().message().find("has no vfio-user-pci") != std::string::npos);
        const FakeQemu bare{"vfio-user-pci", "none gtk"};
        const auto no_display = road(bare, {}, {.forced = Road::kDbus});
        REQUIRE_FALSE(no_display);
        CHECK(no_display.error().message().find("qemu-system-modules-opengl") != std::string::npos);
        const auto no_vhost = road(both, {}, {.forced = Road::kVhostUser});
        REQUIRE_FALSE(no_vhost);
        CHECK(no_vhost.error().message().find("has no vhost-user-gpu-pci") != std::string::npos);
        const auto no_library = road(both, {}, {.forced = Road::kDbus, .dbus_built = false});
        REQUIRE_FALSE(no_library);
        CHECK(no_library.error().message().find("libsystemd") != std::string::npos);
    }

    TEST_CASE("a QEMU with neither vfio-user nor a D-Bus display takes vhost-user") {
        const FakeQemu bare{"virtio-vga vhost-user-gpu-pci", "none gtk"};
        const auto choice = road(bare, {"-m", "1G"});
        REQUIRE(choice);
        CHECK(choice->road == Road::kVhostUser);
        CHECK(choice->why.find("has no vfio-user-pci") != std::string::npos);
        CHECK(choice->why.find("has no D-Bus display") != std::string::npos);
        // Nor one whose display this program can't show.
        const FakeQemu old{"virtio-vga vhost-user-gpu-pci", "none dbus"};
        const auto unbuilt = road(old, {}, {.dbus_built = false});
        REQUIRE(unbuilt);
        CHECK(unbuilt->road == Road::kVhostUser);
        const auto wish = road(bare, {"-vga", "qxl"});
        REQUIRE(wish);
        CHECK(wish->road == Road::kVhostUser);
        CHECK(wish->why.find("-vga qxl needs QEMU's own card") == 0);
    }

    TEST_CASE("QEMU 7 has vhost-user with KVM only, and that is said") {
        const FakeQemu seven{"virtio-vga vhost-user-gpu-pci", "none gtk", "none", "7.2.22"};
        const auto tcg = road(seven, {"-accel", "tcg"}, {.forced = Road::kVhostUser});
        REQUIRE_FALSE(tcg);
        CHECK(tcg.error().message().find("--road vhost-user: ") == 0);
        CHECK(tcg.error().message().find("with KVM only") != std::string::npos);
        for (const Words& words : std::vector<Words>{{"-enable-kvm"},
                                                     {"-accel", "kvm"},
                                                     {"-machine", "q35,accel=kvm:tcg"},
                                                     {"-M", "accel=kvm"}}) {
            const auto choice = road(seven, words, {.forced = Road::kVhostUser});
            REQUIRE(choice);
            CHECK(choice->road == Road::kVhostUser);
            CHECK(road(seven, words)->road == Road::kVhostUser);
        }
        CHECK_FALSE(road(seven, {}));
        CHECK(version_in("QEMU emulator version 11.1.3 (Debian)\n") == 11);
        CHECK_FALSE(version_in("a script"));
        CHECK_FALSE(version_in(" version x"));
    }

    TEST_CASE("a QEMU with no road is an error, one without its display keeps Oriel's card") {
        CHECK_FALSE(road(FakeQemu{"virtio-vga", "none gtk"}, {}));
        const FakeQemu bare{"vfio-user-pci", "none gtk"};
        const auto choice = road(bare, {"-vga", "qxl"});
        REQUIRE(choice);
        CHECK(choice->road == Road::kVfioUser);
        CHECK(choice->why.find("has no D-Bus display") != std::string::npos);
    }

    TEST_CASE("a script is never asked what it has") {
        const FakeQemu fake{"virtio-vga", "none dbus"};
        const std::string script = fake.folder.file("my-vm");
        REQUIRE(::rename(fake.path.c_str(), script.c_str()) == 0);
        const QemuCommand command{{script, "-m", "1G"}};
        CHECK(command.program().empty());
        QemuProbe probe{command.program()};
        const auto choice = choose_road(command, {}, probe);
        REQUIRE(choice);
        CHECK(choice->road == Road::kVfioUser);
        CHECK(fake.asked().empty());
        CHECK(QemuCommand{{"nice", "-n", "5", "qemu-system-x86_64", "-m", "1G"}}.program() ==
              "qemu-system-x86_64");
        CHECK(QemuCommand{{"/usr/bin/kvm", "-m", "1G"}}.program() == "/usr/bin/kvm");
    }
}

}  // namespace
}  // namespace oriel::app
