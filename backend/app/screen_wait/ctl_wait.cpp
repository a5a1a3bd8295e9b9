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
#include "screen_wait/serial_file.h"
#include "screen_wait/wait.h"

namespace oriel::app {
namespace {

constexpr int kWrongWords = 2;

/// A VM that somebody else has started.
class NamedVm final : public WatchedVm {
public:
    /// `serial_path`: empty where nobody has said it.
    NamedVm(const std::string& socket_path, const std::string& name, const std::string& serial_path)
        : socket_path_{socket_path}, screens_{socket_path, name}, serial_{serial_path} {}

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
    [[nodiscard]] Result<ToldMonitor> monitor(ScanoutId scanout) override {
        return screens_.monitor(scanout);
    }
    [[nodiscard]] Result<std::string_view> serial() override { return serial_.text(); }

private:
    std::string socket_path_;
    ControlScreens screens_;
    SerialFile serial_;
    SystemClock clock_;
    bool ended_ = false;
};

[[noreturn]] void refuse_option(const CtlOptions& options, std::string_view what) {
    throw StartupError{fmt::format("ctl wait {}: {}", options.wait[0], what), kWrongWords};
}

/// What options say of the condition.
void take_options(const CtlOptions& options, Condition& condition) {
    if (options.cursor) {
        auto* const image = std::get_if<ImageCondition>(&condition);
        if (image == nullptr) {
            refuse_option(options, "--cursor goes with image and anywhere");
        }
        image->cursor = true;
    }
    if (options.ocr) {
        auto* const text = std::get_if<TextCondition>(&condition);
        if (text == nullptr) {
            refuse_option(options, "--ocr goes with text and pattern");
        }
        text->ocr = true;
    }
    const bool serial = std::holds_alternative<SerialCondition>(condition);
    if (serial != !options.serial.empty()) {
        refuse_option(options, serial ? "expected --serial FILE, where QEMU writes it"
                                      : "--serial goes with serial");
    }
}

}  // namespace

int run_wait(const CtlOptions& options) {
    auto condition = parse_condition_words(options.wait);
    if (!condition) {
        throw StartupError{condition.error(), kWrongWords};
    }
    take_options(options, *condition);
    const auto folder = runtime_folder(Create::kYes);
    if (!folder) {
        throw StartupError{folder.error()};
    }
    NamedVm vm{control_socket_path(*folder, options.name), options.name, options.serial};
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
