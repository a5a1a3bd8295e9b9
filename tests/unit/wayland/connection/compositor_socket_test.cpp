// SPDX-License-Identifier: MIT
#include "wayland/compositor_socket.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <utility>

namespace oriel::wayland {
namespace {

/// The environment as the test wants it, and as it was afterwards.
class Environment {
public:
    Environment(const char* socket, const char* display, const char* folder) {
        set("WAYLAND_SOCKET", socket);
        set("WAYLAND_DISPLAY", display);
        set("XDG_RUNTIME_DIR", folder);
    }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
    ~Environment() {
        for (const auto& [name, value] : before_) {
            put(name, value ? value->c_str() : nullptr);
        }
    }

private:
    void set(const char* name, const char* value) {
        const char* const old = std::getenv(name);
        before_.at(next_++) = {name,
                               old != nullptr ? std::optional<std::string>{old} : std::nullopt};
        put(name, value);
    }
    static void put(const char* name, const char* value) {
        if (value != nullptr) {
            ::setenv(name, value, 1);
        } else {
            ::unsetenv(name);
        }
    }

    std::array<std::pair<const char*, std::optional<std::string>>, 3> before_;
    size_t next_ = 0;
};

}  // namespace

TEST_CASE("the compositor's socket is where libwayland looks for it") {
    const auto where = [](const char* socket, const char* display, const char* folder) {
        const Environment environment{socket, display, folder};
        return compositor_socket().value_or("none");
    };
    CHECK(where(nullptr, nullptr, "/run/user/7") == "/run/user/7/wayland-0");
    CHECK(where(nullptr, "wayland-3", "/run/user/7") == "/run/user/7/wayland-3");
    CHECK(where(nullptr, "/tmp/w", nullptr) == "/tmp/w");
    CHECK(where(nullptr, "wayland-3", nullptr) == "none");
    CHECK(where(nullptr, "wayland-3", "run") == "none");
    CHECK(where("5", "wayland-3", "/run/user/7") == "none");
}

}  // namespace oriel::wayland
