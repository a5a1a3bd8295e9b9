// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "../compositor_state.h"
#include "object.h"

namespace oriel::test {

class FakeTimeline;
class Surface;

/// wp_linux_drm_syncobj_v1: a point of a timeline.
struct SyncPoint {
    std::shared_ptr<FakeTimeline> timeline;
    uint64_t point = 0;
};

/// A wl_buffer of any kind. The compositor "holds" it from a commit on until it sends release; its
/// contents must not change meanwhile, which is checked by comparison when it is released.
class Buffer : public Object {
public:
    explicit Buffer(Server& server);
    ~Buffer() override;

    static const wl_interface* interface();
    static const void* requests();

    /// 1 for the first one ever created.
    [[nodiscard]] uint64_t number() const { return number_; }
    [[nodiscard]] virtual Size size() const = 0;
    /// The pixels as they are now.
    [[nodiscard]] virtual PictureRef read() const = 0;
    [[nodiscard]] bool held() const { return holds_ > 0; }
    [[nodiscard]] virtual bool is_dmabuf() const { return false; }

protected:
    void destroyed() override;

private:
    friend class BufferHold;
    void hold(const Surface& by, bool with_point);
    void unhold();
    [[nodiscard]] PictureRef look() const;
    void check_unchanged() const;

    uint64_t number_;
    size_t holds_ = 0;
    uint64_t holder_ = 0;
    /// One of the holds has a release point: no wl_buffer.release is sent, as a compositor may do.
    bool with_point_ = false;
    /// What it showed when it was committed.
    PictureRef committed_;
    std::string name_;
};

/// One commit's claim on a buffer; the last one to go releases the buffer. With a release point it
/// signals that instead.
class BufferHold {
public:
    BufferHold(std::shared_ptr<Buffer> buffer, const Surface& by, std::optional<SyncPoint> release)
        : buffer_{std::move(buffer)}, release_{std::move(release)} {
        buffer_->hold(by, has_point());
    }
    BufferHold(const BufferHold&) = delete;
    BufferHold& operator=(const BufferHold&) = delete;
    ~BufferHold();

    [[nodiscard]] const Buffer& buffer() const { return *buffer_; }
    [[nodiscard]] bool has_point() const { return release_.has_value(); }
    [[nodiscard]] PictureRef picture() const { return buffer_->committed_; }

private:
    std::shared_ptr<Buffer> buffer_;
    std::optional<SyncPoint> release_;
};

/// wl_shm
void add_shm(Server& server);

}  // namespace oriel::test
