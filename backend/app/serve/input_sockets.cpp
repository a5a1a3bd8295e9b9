// SPDX-License-Identifier: MIT
#include "serve/input_sockets.h"

#include <string_view>

#include "core/log.h"

namespace oriel::app {
namespace {

using input::Kind;

constexpr const char* kInputArea = "input";
constexpr std::array kAllKinds{Kind::kKeyboard, Kind::kPointer, Kind::kMouse, Kind::kTouch};

}  // namespace

struct InputSockets::Socket final : ClientListener {
    Socket(EventLoop& loop, input::InputDevice& device, const std::string& path,
           const InputRoad& road)
        : clock{loop.clock()},
          name{to_string(device.description().kind())},
          socket{road.listen(loop, memory, device, path, *this)} {}

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
    const std::unique_ptr<DeviceSocket> socket;
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

InputSockets::InputSockets(EventLoop& loop, VmInput& input, const std::string& path,
                           const InputRoad& road) {
    const auto sockets = paths(path);
    for (const Kind kind : kAllKinds) {
        const auto index = static_cast<size_t>(kind);
        sockets_[index] = std::make_unique<Socket>(loop, input.device(kind), sockets[index], road);
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
