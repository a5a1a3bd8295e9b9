// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "match/picture_view.h"
#include "test_run/step_runner.h"

namespace oriel::test {

/// A VM whose screen a test paints. Time passes only when somebody waits.
class VmDouble final : public app::StepTarget {
public:
    explicit VmDouble(Size size = {4, 3}) : shown{size, {}} { shown.pixels.resize(size.area()); }

    match::Picture shown;
    /// With the cursor on it; nothing: there is none.
    std::optional<match::Picture> pointed;
    uint64_t frames = 1;
    std::string source = "virtio 4x3 XR24";
    std::optional<Point> pointer;
    std::optional<match::TextGrid> cells;
    app::ToldMonitor told;
    std::string said;
    bool over = false;
    std::vector<std::string> requests;  ///< JSON
    std::vector<std::string> qmp_lines;
    int refused = 0;  ///< so many requests are
    /// Called while time passes.
    std::function<void(TimePoint)> meanwhile = [](TimePoint) {};

    void paint(uint32_t colour) {
        match::fill(shown, Rect::of(shown.size), colour);
        ++frames;
    }

    TimePoint now() const override { return time_; }
    void pass(Nanoseconds time) override {
        time_ += time;
        meanwhile(time_);
    }
    bool ended() const override { return over; }
    Result<app::ScreenState> screen(ScanoutId) override {
        return app::ScreenState{frames, source, shown.size, pointer};
    }
    using WatchedVm::picture;
    Result<app::SeenPicture> picture(ScanoutId, app::WithCursor cursor) override {
        const bool drawn = cursor == app::WithCursor::kYes && pointed;
        auto copy = std::make_shared<const match::Picture>(drawn ? *pointed : shown);
        return app::SeenPicture{copy, copy->view(), cells};
    }
    Result<app::ToldMonitor> monitor(ScanoutId) override { return told; }
    Result<std::string_view> serial() override { return std::string_view{said}; }
    Result<void> ask(const nlohmann::json& request) override {
        if (refused > 0) {
            --refused;
            return host_error("the VM has no device that hears that");
        }
        requests.push_back(request.dump());
        return {};
    }
    Result<std::string> qmp(const std::string& command) override {
        qmp_lines.push_back(command);
        return std::string{"{}"};
    }
    Result<void> kill_vmm() override {
        over = true;
        return {};
    }
    Result<void> run(const std::vector<std::string>& command, Nanoseconds) override {
        return command.front() == "false" ? Result<void>{host_error("false ended with status 1")}
                                          : Result<void>{};
    }

private:
    TimePoint time_{};
};

}  // namespace oriel::test
