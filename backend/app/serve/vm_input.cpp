// SPDX-License-Identifier: MIT
#include "serve/vm_input.h"

#include <string_view>
#include <utility>

#include "core/log.h"

namespace oriel::app {
namespace {

using input::Kind;

constexpr const char* kInputArea = "input";
constexpr std::array kAllKinds{Kind::kKeyboard, Kind::kPointer, Kind::kMouse, Kind::kTouch};

pci::Identity pci_identity(Kind kind) {
    return {.vendor = 0x1af4,
            .device = 0x1040 + input::wire::kDeviceId,
            .subsystem_vendor = 0x1af4,
            .subsystem = 0x1100,
            .class_code = InputSockets::identity(kind).class_code,
            .revision = 1};
}

}  // namespace

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

struct InputSockets::Socket final : ClientListener {
    Socket(EventLoop& loop, input::InputDevice& device, const std::string& path, Road road,
           DescriptorStore* store)
        : clock{loop.clock()}, name{to_string(device.description().kind())} {
        if (road == Road::kVhostUser) {
            socket = std::make_unique<VhostUserSocket>(loop, memory, device,
                                                       VhostUserOption{.path = path}, *this);
            return;
        }
        socket = std::make_unique<VfioUserSocket>(
            loop, memory,
            std::make_unique<pci::VirtioFunction>(pci::VirtioFunction::Setup{
                loop, memory, device, pci_identity(device.description().kind())}),
            path, *this, StoragePlace{store, identity(device.description().kind()).suffix});
    }

    void client_attached() override { say("attached"); }
    void client_resumed() override { say("is still attached"); }
    void client_detached(const std::string& reason) override { say(reason); }

    void say(std::string_view what) {
        // Who comes and goes must not fill the log.
        if (limiter.admit(clock.now())) {
            log_info(kInputArea, "{}: the VMM {}", name, what);
        }
    }

    const Clock& clock;
    const char* name;
    LogLimiter limiter;
    guest::GuestMemory memory;
    std::unique_ptr<DeviceSocket> socket;
};

InputSockets::Identity InputSockets::identity(Kind kind) {
    switch (kind) {
        case Kind::kKeyboard:
            return {"kbd", 0x090000};
        case Kind::kPointer:
            return {"ptr", 0x098000};
        case Kind::kMouse:
            return {"mouse", 0x090200};
        case Kind::kTouch:
            break;
    }
    return {"touch", 0x098000};
}

InputSockets::InputSockets(EventLoop& loop, VmInput& input, const std::string& path, Road road,
                           DescriptorStore* store) {
    const auto sockets = paths(path);
    for (const Kind kind : kAllKinds) {
        const auto index = static_cast<size_t>(kind);
        sockets_[index] =
            std::make_unique<Socket>(loop, input.device(kind), sockets[index], road, store);
    }
}

void InputSockets::resume(const InheritedDescriptors& inherited) {
    for (const auto& socket : sockets_) {
        socket->socket->resume(inherited);
    }
}

InputSockets::~InputSockets() = default;

bool InputSockets::attached(Kind kind) const {
    return sockets_[static_cast<size_t>(kind)]->socket->place().attached();
}

std::vector<std::string> InputSockets::paths(const std::string& path) {
    std::vector<std::string> all;
    all.reserve(kAllKinds.size());
    for (const Kind kind : kAllKinds) {
        all.push_back(fmt::format("{}.{}", path, identity(kind).suffix));
    }
    return all;
}

}  // namespace oriel::app
