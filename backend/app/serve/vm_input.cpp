// SPDX-License-Identifier: MIT
#include "serve/vm_input.h"

#include <utility>

namespace oriel::app {

using input::Kind;

VmInput::VmInput(EventLoop& loop, input::Screens screens, const std::string& qmp)
    : devices_{input::InputDevice{loop, Kind::kKeyboard}, input::InputDevice{loop, Kind::kPointer},
               input::InputDevice{loop, Kind::kMouse}, input::InputDevice{loop, Kind::kTouch}},
      qmp_{qmp.empty() ? nullptr : std::make_unique<input::QmpTarget>(loop, qmp)},
      router_{loop.clock(), std::move(screens), targets()} {}

input::Targets VmInput::targets() {
    input::Targets targets{.keyboards = {&device(Kind::kKeyboard)},
                           .pointers = {&device(Kind::kPointer)},
                           .mice = {&device(Kind::kMouse)},
                           .touch = &device(Kind::kTouch)};
    if (qmp_) {
        targets.keyboards.push_back(&qmp_->keyboard());
        targets.pointers.push_back(&qmp_->pointer());
        targets.mice.push_back(&qmp_->mouse());
    }
    return targets;
}

std::optional<input::ScreenArea> input_area(const card::Card& card, ScanoutId scanout) {
    const Display& screens = card.target();
    if (scanout >= screens.scanout_count()) {
        return std::nullopt;
    }
    const ScreenInfo info = screens.screen(scanout);
    if (!info.connected) {
        return std::nullopt;
    }
    if (const auto* attached = card.attached(scanout)) {
        return input::ScreenArea{info.position, attached->source.size()};
    }
    for (ScanoutId other = 0; other < screens.scanout_count(); ++other) {
        if (screens.screen(other).connected && card.attached(other) != nullptr) {
            return std::nullopt;
        }
    }
    return input::ScreenArea{info.position, info.preferred};
}

}  // namespace oriel::app
