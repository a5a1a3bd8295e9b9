// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <utility>

#include "core/weak.h"

namespace oriel {

/// Who flushes, and wants to hear when the guest may go on: a device.
class FlushOwner {
public:
    FlushOwner() = default;
    FlushOwner(const FlushOwner&) = delete;
    FlushOwner& operator=(const FlushOwner&) = delete;

    /// The end of a FlushDone with this token. Comes on the loop, possibly from inside
    /// Display::flush().
    virtual void flush_done(uint64_t token) = 0;

protected:
    ~FlushOwner() = default;
};

/// The answer to a flush, which a presenter keeps until the guest may go on: its frame is shown, or
/// copied, or will never be. The end of this object is the answer. So it is given exactly once,
/// also when the presenter goes away, and no code path can forget it. Where the owner has ended or
/// has revoked the reference, nobody is told. Nothing is allocated.
class FlushDone {
public:
    /// Nobody waits.
    FlushDone() = default;
    FlushDone(Weak<FlushOwner> owner, uint64_t token)
        : owner_{std::move(owner)}, token_{token}, waiting_{true} {}
    FlushDone(FlushDone&& other) noexcept
        : owner_{std::move(other.owner_)},
          token_{other.token_},
          waiting_{std::exchange(other.waiting_, false)} {}
    FlushDone& operator=(FlushDone&& other) noexcept {
        if (this != &other) {
            answer();
            owner_ = std::move(other.owner_);
            token_ = other.token_;
            waiting_ = std::exchange(other.waiting_, false);
        }
        return *this;
    }
    FlushDone(const FlushDone&) = delete;
    FlushDone& operator=(const FlushDone&) = delete;
    ~FlushDone() { answer(); }

    /// Answers now rather than at the end of the object.
    void answer() {
        if (!std::exchange(waiting_, false)) {
            return;
        }
        if (FlushOwner* const owner = std::exchange(owner_, {}).get()) {
            owner->flush_done(token_);
        }
    }
    /// Somebody waits for this one.
    [[nodiscard]] explicit operator bool() const { return waiting_; }

private:
    Weak<FlushOwner> owner_;
    uint64_t token_ = 0;
    bool waiting_ = false;
};

}  // namespace oriel
