// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "../compositor_state.h"
#include "object.h"

namespace oriel::test {

class Surface;

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

protected:
    void destroyed() override;

private:
    friend class BufferHold;
    void hold(const Surface& by);
    void unhold();
    [[nodiscard]] PictureRef look() const;
    void check_unchanged() const;

    uint64_t number_;
    size_t holds_ = 0;
    uint64_t holder_ = 0;
    /// What it showed when it was committed.
    PictureRef committed_;
    std::string name_;
};

/// One commit's claim on a buffer; the last one to go releases the buffer.
class BufferHold {
public:
    BufferHold(std::shared_ptr<Buffer> buffer, const Surface& by) : buffer_{std::move(buffer)} {
        buffer_->hold(by);
    }
    BufferHold(const BufferHold&) = delete;
    BufferHold& operator=(const BufferHold&) = delete;
    ~BufferHold() { buffer_->unhold(); }

    [[nodiscard]] const Buffer& buffer() const { return *buffer_; }
    [[nodiscard]] PictureRef picture() const { return buffer_->committed_; }

private:
    std::shared_ptr<Buffer> buffer_;
};

/// wl_shm
void add_shm(Server& server);

}  // namespace oriel::test
