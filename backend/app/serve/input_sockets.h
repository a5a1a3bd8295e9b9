// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "core/event_loop.h"
#include "guest/guest_memory.h"
#include "input/input_device.h"
#include "net/client_place.h"
#include "net/descriptor_store.h"
#include "serve/device_socket.h"
#include "serve/vm_input.h"

namespace oriel::app {

/// On which road VMMs attach input devices.
class InputRoad {
public:
    InputRoad() = default;
    InputRoad(const InputRoad&) = delete;
    InputRoad& operator=(const InputRoad&) = delete;

    /// All but the path is lent and must outlive the socket. Throws StartupError.
    [[nodiscard]] virtual std::unique_ptr<DeviceSocket> listen(EventLoop& loop,
                                                               guest::GuestMemory& memory,
                                                               input::InputDevice& device,
                                                               const std::string& path,
                                                               ClientListener& clients) const = 0;

protected:
    ~InputRoad() = default;
};

/// The sockets of `--input-socket PATH`: PATH.kbd, PATH.ptr, PATH.mouse and PATH.touch, a
/// virtio-input device each. A device has a socket of its own, and so has its VMM's memory: a
/// guest's driver of one can't reach what another one was lent.
class InputSockets {
public:
    /// `loop` and `input` are lent and must outlive this. Throws StartupError as ClientPlace does.
    InputSockets(EventLoop& loop, VmInput& input, const std::string& path, const InputRoad& road);
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
