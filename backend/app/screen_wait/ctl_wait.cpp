// SPDX-License-Identifier: MIT
#include "screen_wait/ctl_wait.h"

#include <cstdio>
#include <thread>

#include "control/runtime_folder.h"
#include "core/text.h"
#include "ctl/control_client.h"
#include "ctl/ctl.h"
#include "screen_wait/condition_words.h"
#include "screen_wait/control_screens.h"
#include "screen_wait/wait.h"

namespace oriel::app {
namespace {

constexpr int kWrongWords = 2;

/// A VM that somebody else has started.
class NamedVm final : public WatchedVm {
public:
    NamedVm(const std::string& socket_path, const std::string& name)
        : socket_path_{socket_path}, screens_{socket_path, name} {}

    [[nodiscard]] TimePoint now() const override { return clock_.now(); }
    void pass(Nanoseconds time) override {
        std::this_thread::sleep_for(time);
        ended_ = !is_alive(socket_path_);
    }
    [[nodiscard]] bool ended() const override { return ended_; }
    [[nodiscard]] Result<ScreenState> screen(ScanoutId scanout) override {
        return screens_.screen(scanout);
    }
    using WatchedVm::picture;
    [[nodiscard]] Result<SeenPicture> picture(ScanoutId scanout, WithCursor cursor) override {
        return screens_.picture(scanout, cursor);
    }
    [[nodiscard]] Result<std::string_view> serial() override {
        return host_error("the serial port is QEMU's");
    }

private:
    std::string socket_path_;
    ControlScreens screens_;
    SystemClock clock_;
    bool ended_ = false;
};

}  // namespace

int run_wait(const CtlOptions& options) {
    auto condition = parse_condition_words(options.wait);
    if (!condition) {
        throw StartupError{condition.error(), kWrongWords};
    }
    if (options.cursor) {
        auto* const image = std::get_if<ImageCondition>(&*condition);
        if (image == nullptr) {
            throw StartupError{
                fmt::format("ctl wait {}: --cursor goes with image and anywhere", options.wait[0]),
                kWrongWords};
        }
        image->cursor = true;
    }
    const auto folder = runtime_folder(Create::kYes);
    if (!folder) {
        throw StartupError{folder.error()};
    }
    NamedVm vm{control_socket_path(*folder, options.name), options.name};
    if (auto screen = vm.screen(options.scanout); !screen) {
        throw StartupError{screen.error()};
    }
    ScreenFonts fonts;
    auto waiter = Waiter::make(vm, options.scanout, std::move(*condition), fonts);
    if (!waiter) {
        throw StartupError{waiter.error()};
    }
    const WaitOutcome outcome =
        waiter->wait(std::chrono::duration_cast<Nanoseconds>(options.timeout));
    if (!outcome.ok) {
        std::fprintf(stderr, "oriel: %s\n", printable(outcome.message).c_str());
        return 1;
    }
    print(printable(outcome.message) + '\n');
    return 0;
}

}  // namespace oriel::app
