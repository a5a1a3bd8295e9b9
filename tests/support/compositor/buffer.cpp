// SPDX-License-Identifier: MIT
#include "buffer.h"

#include <fmt/format.h>
#include <wayland-server-protocol.h>

#include "../fake_timeline.h"
#include "format_message.h"
#include "server.h"
#include "surface.h"

namespace oriel::test {

Buffer::Buffer(Server& owner) : Object{owner}, number_{++owner.last_buffer} {
    ++server().state.buffers_created;
    ++server().state.buffers_alive;
}

Buffer::~Buffer() = default;

const wl_interface* Buffer::interface() {
    return &wl_buffer_interface;
}

const void* Buffer::requests() {
    static constexpr struct wl_buffer_interface kRequests = {.destroy = destroy_resource};
    return &kRequests;
}

void Buffer::destroyed() {
    --server().state.buffers_alive;
}

void Buffer::hold(const Surface& by, bool with_point) {
    with_point_ |= with_point;
    if (holds_++ == 0) {
        name_ = object_name(resource());
        committed_ = look();
        holder_ = by.number();
        ++server().state.buffers_held;
        return;
    }
    check_unchanged();
    committed_ = look();
    if (holder_ != by.number() && size() != Size{1, 1}) {
        // "the delivery of wl_buffer.release events becomes undefined" (wl_surface.attach). A
        // single pixel is for the colour of an area, is never written again and needs no release.
        server().violation(resource(), "attached to two surfaces at once");
    }
}

void Buffer::unhold() {
    if (--holds_ > 0) {
        return;
    }
    --server().state.buffers_held;
    if (resource() != nullptr) {
        check_unchanged();
        if (!with_point_) {
            wl_buffer_send_release(resource());
        }
    }
    with_point_ = false;
    committed_.reset();
}

BufferHold::~BufferHold() {
    buffer_->unhold();
    // Last: the client may draw from here on.
    if (release_) {
        release_->timeline->signal(release_->point);
    }
}

PictureRef Buffer::look() const {
    static const PictureRef unseen = std::make_shared<Picture>();
    return server().options.look_at_pixels ? read() : unseen;
}

void Buffer::check_unchanged() const {
    // A client on another thread whose connection has ended may draw where it likes: what the
    // compositor held is nobody's now, though its end of it may not be taken down yet.
    const bool over = server().state.faulted;
    if (over || server().options.tearing_guest || !server().options.look_at_pixels) {
        return;
    }
    const std::string change = difference(*read(), *committed_);
    if (!change.empty()) {
        server().violation(nullptr, name_ + " written while the compositor holds it: " + change);
    }
}

}  // namespace oriel::test
