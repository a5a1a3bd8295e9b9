// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bus.h"
#include "core/unique_fd.h"
#include "core/weak.h"
#include "picture_message.h"

namespace oriel::qemu_dbus {

/// A call of QEMU's that waits for its answer: the end of this object is the answer, exactly once.
/// Nothing where the connection has ended meanwhile.
class PendingReply {
public:
    PendingReply() = default;
    PendingReply(BusMessage call, Weak<Bus> bus) : call_{std::move(call)}, bus_{std::move(bus)} {}
    PendingReply(PendingReply&&) noexcept = default;
    PendingReply& operator=(PendingReply&& other) noexcept {
        answer();
        call_ = std::move(other.call_);
        bus_ = std::move(other.bus_);
        return *this;
    }
    PendingReply(const PendingReply&) = delete;
    PendingReply& operator=(const PendingReply&) = delete;
    ~PendingReply() { answer(); }
    void answer();

private:
    BusMessage call_;
    Weak<Bus> bus_;
};

/// What QEMU tells of a console's picture, checked.
class PictureListener {
public:
    PictureListener() = default;
    PictureListener(const PictureListener&) = delete;
    PictureListener& operator=(const PictureListener&) = delete;

    virtual void scanout(const SentPixels& picture) = 0;
    virtual void update(const SentUpdate& update) = 0;
    /// `fd` is lent. False: it can't be shown, and QEMU sends pixels from now on.
    [[nodiscard]] virtual bool scanout_map(int fd, Size size, uint32_t offset, uint32_t stride,
                                           uint32_t format) = 0;
    virtual void update_map(const std::array<int32_t, 4>& at) = 0;
    virtual void scanout_dmabuf(const DmabufPicture& picture, std::vector<UniqueFd> files) = 0;
    virtual void update_dmabuf(const std::array<int32_t, 4>& at, PendingReply reply) = 0;
    virtual void mouse_set(Point position, bool on) = 0;
    virtual void cursor_define(std::shared_ptr<const CursorImage> image) = 0;
    /// Something of that was wrong, and is forgotten.
    virtual void lied() = 0;
    /// Pixels of so large a picture were sent, or a part of one, and could not be taken: see
    /// kMaxSentBytes.
    virtual void too_large(Size size) = 0;
    virtual void listener_lost(const std::string& why) = 0;
    /// The same, by a message that was larger than D-Bus has any.
    virtual void listener_overrun() = 0;

protected:
    ~PictureListener() = default;
};

/// The object that QEMU calls, org.qemu.Display1.Listener with Unix.Map and Unix.ScanoutDMABUF2, on
/// a connection of its own. "Disable" means nothing: QEMU sends it after each flip of a blob.
class DisplayListener final : private BusListener {
public:
    /// `socket` is one end of a pair whose other end goes to RegisterListener. All is lent and must
    /// outlive this.
    DisplayListener(EventLoop& loop, UniqueFd socket, PictureListener& pictures);
    /// For the functions that sd-bus calls.
    [[nodiscard]] PictureListener& pictures() { return pictures_; }
    [[nodiscard]] PendingReply answer_later(sd_bus_message* call);

private:
    void bus_ready() override;
    void bus_lost(const std::string& why) override;

    PictureListener& pictures_;
    std::unique_ptr<Bus> bus_;
};

}  // namespace oriel::qemu_dbus
