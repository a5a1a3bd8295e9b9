// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

namespace oriel::gpu {

/// What pictures take of Limits::host_bytes, until the last one who has a picture lets go of it: a
/// presenter may keep one longer than the guest does.
class HostBytes {
public:
    /// A picture's part of it; its end gives the bytes back.
    class Share {
    public:
        Share() = default;
        Share(Share&& other) noexcept
            : used_{std::move(other.used_)}, bytes_{std::exchange(other.bytes_, 0)} {}
        Share& operator=(Share&& other) noexcept {
            std::swap(used_, other.used_);
            std::swap(bytes_, other.bytes_);
            return *this;
        }
        Share(const Share&) = delete;
        Share& operator=(const Share&) = delete;
        ~Share() {
            if (used_) {
                *used_ -= bytes_;
            }
        }

    private:
        friend class HostBytes;
        Share(std::shared_ptr<uint64_t> used, uint64_t bytes)
            : used_{std::move(used)}, bytes_{bytes} {
            *used_ += bytes_;
        }

        std::shared_ptr<uint64_t> used_;  // pictures may outlive the device
        uint64_t bytes_ = 0;
    };

    [[nodiscard]] Share share(uint64_t bytes) { return {used_, bytes}; }
    [[nodiscard]] uint64_t used() const { return *used_; }

private:
    std::shared_ptr<uint64_t> used_ = std::make_shared<uint64_t>(0);
};

}  // namespace oriel::gpu
