// SPDX-License-Identifier: MIT
#include "wayland/gpu_probe.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>

using namespace oriel;
using namespace oriel::wayland;
using namespace std::chrono_literals;

namespace {

class TemporaryDirectory {
public:
    TemporaryDirectory() {
        char name[] = "/tmp/oriel-test-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        path_ = name;
    }
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace

TEST_CASE("a machine has a render node if there is one that this process may open") {
    const TemporaryDirectory dri;
    CHECK_FALSE(has_render_node((dri.path() / "none").c_str()));
    std::ofstream{dri.path() / "card0"};
    CHECK_FALSE(has_render_node(dri.path().c_str()));
    std::ofstream{dri.path() / "renderD128"};
    CHECK(has_render_node(dri.path().c_str()));
}

TEST_CASE("a probe without a compositor says so, and its process is gone") {
    const TemporaryDirectory empty;
    REQUIRE(::setenv("XDG_RUNTIME_DIR", empty.path().c_str(), 1) == 0);
    SystemClock clock;
    EventLoop loop{clock};
    struct Listener final : GpuProbeListener {
        void gpu_probed(const Result<std::string>& renderer) override { answer = renderer; }
        std::optional<Result<std::string>> answer;
    } listener;
    const auto& answer = listener.answer;
    GpuProbe probe{loop, listener};
    const TimePoint deadline = clock.now() + 10s;
    while (!answer && clock.now() < deadline) {
        loop.dispatch(100ms);
    }
    REQUIRE(answer.has_value());
    CHECK_FALSE(answer->has_value());
    CHECK(answer->error().message() == "no connection to the compositor");
}
