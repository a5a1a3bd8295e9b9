// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "core/event_loop.h"
#include "guest/guest_memory.h"
#include "input/input_device.h"
#include "input/qmp_target.h"
#include "input/router.h"
#include "net/descriptor_store.h"
#include "serve/device_socket.h"

namespace oriel::app {

/// The VM's input devices and what leads to them: the InputSink that presenters and `oriel ctl`
/// call. Where the guest has a driver for a virtio device that one gets the events, elsewhere what
/// QEMU emulates. It takes no part of a transport, so it may outlive all of those.
class VmInput {
public:
    /// `loop` is lent and must outlive this.
    /// `qmp` is QEMU's monitor socket; empty: none.
    VmInput(EventLoop& loop, input::Screens screens, const std::string& qmp = {});

    [[nodiscard]] input::InputRouter& router() { return router_; }
    [[nodiscard]] const input::InputRouter& router() const { return router_; }
    [[nodiscard]] input::InputDevice& device(input::Kind kind) {
        return devices_[static_cast<size_t>(kind)];
    }
    [[nodiscard]] const input::InputDevice& device(input::Kind kind) const {
        return devices_[static_cast<size_t>(kind)];
    }
    /// Null without a monitor socket.
    [[nodiscard]] const input::QmpTarget* qmp() const { return qmp_.get(); }

private:
    [[nodiscard]] input::Targets targets();

    std::array<input::InputDevice, input::kKinds> devices_;
    std::unique_ptr<input::QmpTarget> qmp_;  // null: none
    input::InputRouter router_;
};

/// The sockets of `--input-socket PATH`: PATH.kbd, PATH.ptr, PATH.mouse and PATH.touch, a
/// virtio-input device each. A device has a socket of its own, and so has its VMM's memory: a
/// guest's driver of one can't reach what another one was lent.
class InputSockets {
public:
    enum class Road : uint8_t { kVfioUser, kVhostUser };

    /// `loop` and `input` are lent and must outlive this. Throws StartupError as ClientPlace does.
    /// `store`: where VMMs are kept beyond this process' end, lent; null: nowhere.
    InputSockets(EventLoop& loop, VmInput& input, const std::string& path,
                 Road road = Road::kVfioUser, DescriptorStore* store = nullptr);
    ~InputSockets();

    /// Goes on with the VMMs of an earlier process.
    void resume(const InheritedDescriptors& inherited);

    [[nodiscard]] bool attached(input::Kind kind) const;

    /// How QEMU's devices of the kind say what they are: class, and the socket's suffix.
    struct Identity {
        const char* suffix;
        uint32_t class_code;
    };
    [[nodiscard]] static Identity identity(input::Kind kind);
    /// The sockets of `--input-socket PATH`, in the order of the kinds.
    [[nodiscard]] static std::vector<std::string> paths(const std::string& path);

private:
    struct Socket;
    std::array<std::unique_ptr<Socket>, input::kKinds> sockets_;
};

}  // namespace oriel::app
