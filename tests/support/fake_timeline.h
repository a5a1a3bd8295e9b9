// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "core/unique_fd.h"

namespace oriel::test {

/// A kernel's timeline (drm_syncobj), in this process: a memfd is its descriptor, and whoever has a
/// copy of that finds it. Safe to use from several threads.
class FakeTimeline : public std::enable_shared_from_this<FakeTimeline> {
public:
    [[nodiscard]] static std::shared_ptr<FakeTimeline> create();
    /// By a descriptor from share(); null if it is something else.
    [[nodiscard]] static std::shared_ptr<FakeTimeline> find(int fd);
    FakeTimeline(const FakeTimeline&) = delete;
    FakeTimeline& operator=(const FakeTimeline&) = delete;
    ~FakeTimeline();

    /// Keeps the timeline until somebody has found it by this, as a descriptor under way does.
    [[nodiscard]] UniqueFd share();
    /// This point and all before it.
    void signal(uint64_t point);
    [[nodiscard]] bool signalled(uint64_t point) const;
    /// `eventfd` is lent for the call.
    void notify(uint64_t point, int eventfd);

private:
    FakeTimeline();
    UniqueFd memfd_;
    ino_t inode_ = 0;
    uint64_t reached_ = 0;
    struct Waiter {
        uint64_t point;
        UniqueFd eventfd;
    };
    std::vector<Waiter> waiters_;
};

}  // namespace oriel::test
