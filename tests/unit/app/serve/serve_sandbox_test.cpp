// SPDX-License-Identifier: MIT
#include "serve/serve_sandbox.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "support/temp_dir.h"

namespace oriel::app {
namespace {

bool has(const std::vector<std::string>& paths, const std::string& path) {
    return std::find(paths.begin(), paths.end(), path) != paths.end();
}

/// A variable of the environment, as long as this lives.
class Variable {
public:
    Variable(const char* name, const std::string& value) : name_{name} {
        if (const char* const before = std::getenv(name)) {
            before_ = before;
        }
        ::setenv(name, value.c_str(), 1);
    }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;
    ~Variable() { before_ ? ::setenv(name_, before_->c_str(), 1) : ::unsetenv(name_); }

private:
    const char* name_;
    std::optional<std::string> before_;
};

TEST_SUITE("sandbox of a VM") {
    TEST_CASE("a VM without windows has the shortest list, and no file but its process' own") {
        ServeOptions options;
        options.headless = true;
        options.path = PathOption::kGles;  // nobody draws
        const sandbox::Rules rules = sandbox_rules(options);
        CHECK(rules.calls == sandbox::CallList::kHeadless);
        CHECK(rules.mode == sandbox::Mode::kEnforce);
        CHECK(rules.runnable.empty());
        CHECK(rules.readable.size() == 3);
        CHECK(rules.devices == std::vector<std::string>{"/dev/udmabuf"});
    }

    TEST_CASE(
        "only where a GL driver may be loaded are GPUs opened, and its list is the long one") {
        ServeOptions options;
        options.path = PathOption::kShm;
        sandbox::Rules rules = sandbox_rules(options);
        CHECK(rules.calls == sandbox::CallList::kWindows);
        CHECK_FALSE(has(rules.devices, "/dev/dri"));
        for (const PathOption path : {PathOption::kGles, PathOption::kUpload}) {
            options.path = path;
            rules = sandbox_rules(options);
            CHECK(rules.calls == sandbox::CallList::kDriver);
            CHECK(has(rules.devices, "/dev/dri"));
        }
    }

    TEST_CASE("of what is at home, windows read fonts and icons only") {
        const Variable home{"HOME", "/home/user"};
        const sandbox::Rules rules = sandbox_rules({});
        for (const auto* paths : {&rules.readable, &rules.runnable, &rules.devices}) {
            CHECK_FALSE(has(*paths, "/"));
            CHECK_FALSE(has(*paths, "/home/user"));
            CHECK_FALSE(has(*paths, "/home"));
        }
        CHECK(has(rules.readable, "/home/user/.icons"));
    }

    TEST_CASE("where the environment says that libraries have their files, they can be read") {
        const Variable home{"HOME", "/home/user"};
        const Variable data{"XDG_DATA_HOME", "/data"};
        const Variable pointers{"XCURSOR_PATH", "/pointers:relative:/:~/home::/more"};
        const Variable libraries{"LD_LIBRARY_PATH", "/libraries"};
        const sandbox::Rules rules = sandbox_rules({});
        for (const char* const place : {"/data/icons", "/data/fonts", "/pointers", "/more"}) {
            CHECK(has(rules.readable, place));
        }
        for (const char* const place : {"/", "relative", "~/home", "", "/data"}) {
            CHECK_FALSE(has(rules.readable, place));
        }
        CHECK(has(rules.runnable, "/libraries"));
        ServeOptions headless;
        headless.headless = true;
        CHECK(sandbox_rules(headless).readable.size() == 3);
    }

    TEST_CASE("what is outside knows the sockets of the command line, and no others") {
        const test::TempDir dir;
        const Variable runtime{"XDG_RUNTIME_DIR", dir.file("")};
        ServeOptions options;
        options.name = "panel";
        options.vfio_user = "/run/card";
        options.input_socket = "/run/in";
        options.qmp = "/run/qmp";
        options.agent = "/run/agent";
        const Outside::Places places = outside_places(options, "/run/wayland-0");
        CHECK(places.connect ==
              std::vector<std::string>{"/run/qmp", "/run/agent", "/run/wayland-0"});
        CHECK(places.remove.size() == 6);
        CHECK(has(places.remove, "/run/card"));
        CHECK(has(places.remove, "/run/in.kbd"));
        CHECK(places.remove.front().ends_with("oriel/panel.sock"));
        CHECK(places.vmm.empty());  // it signals nobody
    }

    TEST_CASE("what is outside signals the VMM of run only, and starts our own helpers only") {
        const auto program = [](const Outside::Places& places, HelperKind kind) {
            return places.programs.at(static_cast<size_t>(kind));
        };
        ServeOptions options;
        options.vfio_user = "/run/card";
        options.qmp = "/run/qmp";
        options.vmm = {"qemu"};
        Outside::Places places = outside_places(options, std::nullopt);
        CHECK(places.vmm == std::vector<std::string>{"/run/card"});
        CHECK(program(places, HelperKind::kPainter).path.ends_with("/oriel-caption"));
        CHECK(program(places, HelperKind::kRecorder).path.ends_with("/oriel-recorder"));
        CHECK(program(places, HelperKind::kLibvirt).path.empty());

        options.dbus = DbusOption{.kind = DbusOption::Kind::kMonitor, .path = "/run/qmp"};
        CHECK(outside_places(options, std::nullopt).vmm == std::vector<std::string>{"/run/qmp"});

        ServeOptions view;
        view.dbus = DbusOption{
            .kind = DbusOption::Kind::kDomain, .path = "qemu:///session", .name = "panel"};
        places = outside_places(view, std::nullopt);
        CHECK(places.connect.empty());
        CHECK(program(places, HelperKind::kLibvirt).arguments ==
              std::vector<std::string>{"qemu:///session", "panel"});
        view.headless = true;
        CHECK(program(outside_places(view, std::nullopt), HelperKind::kPainter).path.empty());
    }
}

}  // namespace
}  // namespace oriel::app
