// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include "cli/options.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "scanout/scanout_id.h"

namespace oriel::app {
namespace {

using Words = std::vector<std::string>;

DbusOption dbus(const Words& words) {
    const ServeOptions options = std::get<ServeOptions>(parse_options(words));
    REQUIRE(options.dbus);
    return *options.dbus;
}

std::string refused(const Words& words) {
    try {
        static_cast<void>(parse_options(words));
    } catch (const StartupError& error) {
        CHECK(error.exit_code() == 2);
        return error.what();
    }
    FAIL("accepted");
    return {};
}

TEST_SUITE("options") {
    TEST_CASE("run chooses its road unless it is told, and Oriel's own card has one road only") {
        const auto run = [](Words words) {
            words.insert(words.begin(), "run");
            words.insert(words.end(), {"--", "qemu"});
            return std::get<ServeOptions>(parse_options(words));
        };
        CHECK(run({}).road == RoadOption::kAuto);
        CHECK(run({}).audio);
        CHECK(run({}).own_card_option.empty());
        CHECK(run({"--road", "dbus"}).road == RoadOption::kDbus);
        CHECK(run({"--road", "vfio-user", "--option-rom", "x"}).own_card_option == "--option-rom");
        CHECK(run({"--qmp", "/q", "--outputs", "2"}).own_card_option.empty());
        CHECK_FALSE(run({"--no-audio"}).audio);
        CHECK(refused({"run", "--road", "dbus", "--vga-memory", "32M", "--", "qemu"})
                  .find("--vga-memory is for a card of Oriel's own") != std::string::npos);
        CHECK(refused({"run", "--road", "rail", "--", "qemu"}).find("expected auto, vfio-user") !=
              std::string::npos);
    }

    TEST_CASE("--dbus names a monitor or a bus, and --fd an open socket") {
        const DbusOption monitor = dbus({"show", "--dbus", "qmp:/run/vm.qmp"});
        CHECK(monitor.kind == DbusOption::Kind::kMonitor);
        CHECK(monitor.path == "/run/vm.qmp");
        CHECK(monitor.text() == "qmp:/run/vm.qmp");

        const DbusOption bus = dbus({"headless", "--dbus", "unix:path=/run/a%2cb%25,guid=00;x"});
        CHECK(bus.kind == DbusOption::Kind::kBus);
        CHECK(bus.path == "/run/a,b%");
        CHECK(bus.name == "org.qemu");
        CHECK(dbus({"show", "--dbus", "unix:path=/b", "--dbus-name", ":1.7"}).name == ":1.7");

        ::setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/1/bus", 1);
        CHECK(dbus({"show", "--dbus", "session"}).path == "/run/user/1/bus");

        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
        const UniqueFd one{ends[0]};
        const UniqueFd other{ends[1]};
        const DbusOption socket = dbus({"show", "--fd", std::to_string(one.get())});
        CHECK(socket.kind == DbusOption::Kind::kDescriptor);
        CHECK(socket.fd == one.get());
    }

    TEST_CASE("QEMU says how many screens it has, up to all that there can be") {
        const auto options = std::get<ServeOptions>(
            parse_options({"show", "--dbus", "qmp:/q", "--output-map", "3=DP-1"}));
        CHECK(options.outputs == kMaxScanouts);
        CHECK_FALSE(options.text_consoles);
        CHECK(std::get<ServeOptions>(
                  parse_options({"headless", "--dbus", "qmp:/q", "--text-consoles"}))
                  .text_consoles);
        CHECK(options.window.output_names.at(3) == "DP-1");
    }

    TEST_CASE("what --dbus can't be, and what doesn't go with it, is one line") {
        for (const std::string address :
             {"", "qmp:", "/run/vm.qmp", "tcp:host=a", "unix:abstract=x",
              "unix:path=", "unix:path=%zz", "unix:path=%0"}) {
            CAPTURE(address);
            CHECK(refused({"show", "--dbus", address}).find("--dbus") == 0);
        }
        for (const std::string fd : {"", "x", "0", "2", "-1", "9999", "99999999999"}) {
            CAPTURE(fd);
            CHECK(refused({"show", "--fd", fd}).find("--fd") != std::string::npos);
        }
        const Words base{"show", "--dbus", "qmp:/q"};
        for (const Words& more : std::vector<Words>{{"--vfio-user", "/s"},
                                                    {"--input-socket", "/s"},
                                                    {"--qmp", "/s"},
                                                    {"--agent", "/s"},
                                                    {"--outputs", "2"},
                                                    {"--pci-class", "vga"},
                                                    {"--option-rom", "/r"},
                                                    {"--vga-memory", "32M"},
                                                    {"--freeze-blink"},
                                                    {"--fd", "7"},
                                                    {"--dbus-name", "a.b"}}) {
            Words words = base;
            words.insert(words.end(), more.begin(), more.end());
            CAPTURE(more.front());
            CHECK(refused(words).find(more.front()) != std::string::npos);
        }
        CHECK(refused({"show", "--vfio-user", "/s", "--dbus-name", "a"}) ==
              "--dbus-name goes with --dbus only");
        CHECK(refused({"show", "--vfio-user", "/s", "--text-consoles"}) ==
              "--text-consoles goes with --dbus or --fd only");
        CHECK(refused({"show", "--fd", "9", "--keep"}).find("--keep") == 0);
        CHECK(refused({"show"}).find("--dbus") != std::string::npos);
    }
}

}  // namespace
}  // namespace oriel::app
