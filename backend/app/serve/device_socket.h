// SPDX-License-Identifier: MIT
#pragma once

#include "net/client_place.h"
#include "net/descriptor_store.h"
#include "virtio/queue_set.h"

namespace oriel::vfio_user {
struct Stats;
}
namespace oriel::vhost_user {
struct Stats;
}

namespace oriel::app {

/// Where a VMM attaches a virtio device: a socket, on one of the roads.
class DeviceSocket {
public:
    DeviceSocket() = default;
    DeviceSocket(const DeviceSocket&) = delete;
    DeviceSocket& operator=(const DeviceSocket&) = delete;
    virtual ~DeviceSocket() = default;

    /// Goes on with the VMM of an earlier process, if it has left one. On another road than
    /// vfio-user none does.
    virtual void resume(const InheritedDescriptors& /*inherited*/) {}
    [[nodiscard]] virtual const ClientPlace& place() const = 0;
    [[nodiscard]] virtual const virtio::QueueSet::Counters& counters() const = 0;
    /// Null on another road.
    [[nodiscard]] virtual const vfio_user::Stats* vfio_user() const { return nullptr; }
    [[nodiscard]] virtual const vhost_user::Stats* vhost_user() const { return nullptr; }
};

}  // namespace oriel::app
