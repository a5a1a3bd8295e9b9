// SPDX-License-Identifier: MIT
#include "sync/buffer_reads.h"

#include <doctest/doctest.h>
#include <sys/eventfd.h>

#include <memory>
#include <vector>

#include "core/clock.h"
#include "core/memfd.h"

namespace oriel::wayland {
namespace {

/// An eventfd stands for a GPU's fence: readable when it is done.
struct Fence {
    Fence() : ours{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {}
    [[nodiscard]] UniqueFd file() const { return UniqueFd{::dup(ours.get())}; }
    void signal() const { ::eventfd_write(ours.get(), 1); }
    UniqueFd ours;
};

struct Desk final : BufferReadsListener {
    void buffer_read(uint64_t buffer) override { released.push_back(buffer); }
    void run() {
        while (loop.dispatch(Nanoseconds{0})) {
        }
    }

    ManualClock clock;
    EventLoop loop{clock};
    std::vector<uint64_t> released;
    std::unique_ptr<BufferReads> reads = std::make_unique<BufferReads>(loop, *this);
};

}  // namespace

TEST_CASE("a buffer that has been read is released later, not from inside the call") {
    Desk desk;
    desk.reads->add(7, {});
    CHECK(desk.released.empty());
    desk.run();
    CHECK(desk.released == std::vector<uint64_t>{7});
}

TEST_CASE("a buffer is released when its fence says so") {
    Desk desk;
    const Fence first;
    const Fence second;
    desk.reads->add(1, first.file());
    desk.reads->add(2, second.file());
    desk.run();
    CHECK(desk.released.empty());
    CHECK(desk.reads->count() == 2);
    first.signal();
    desk.run();
    CHECK(desk.released == std::vector<uint64_t>{1});
    second.signal();
    desk.run();
    CHECK(desk.released == std::vector<uint64_t>{1, 2});
    CHECK(desk.reads->count() == 0);
}

TEST_CASE("a buffer that is read twice is released after the last read") {
    Desk desk;
    const Fence first;
    const Fence second;
    desk.reads->add(1, first.file());
    desk.reads->add(1, second.file());
    first.signal();
    desk.run();
    CHECK(desk.released.empty());
    second.signal();
    desk.run();
    CHECK(desk.released == std::vector<uint64_t>{1});
}

TEST_CASE("nobody is told after the path is gone") {
    Desk desk;
    const Fence fence;
    desk.reads->add(1, {});
    desk.reads->add(2, fence.file());
    desk.reads.reset();
    fence.signal();
    desk.run();
    CHECK(desk.released.empty());
}

TEST_CASE("the path may go while it tells of a buffer") {
    ManualClock clock;
    EventLoop loop{clock};
    struct Listener final : BufferReadsListener {
        void buffer_read(uint64_t) override {
            ++told;
            reads.reset();
        }
        std::unique_ptr<BufferReads> reads;
        int told = 0;
    };
    Listener with_fence;
    with_fence.reads = std::make_unique<BufferReads>(loop, with_fence);
    const Fence fence;
    fence.signal();
    with_fence.reads->add(1, fence.file());
    Listener without;
    without.reads = std::make_unique<BufferReads>(loop, without);
    without.reads->add(1, {});
    without.reads->add(2, {});
    while (loop.dispatch(Nanoseconds{0})) {
    }
    CHECK(with_fence.told == 1);
    CHECK(without.told == 1);
}

TEST_CASE("a fence that can't be watched releases nothing and keeps nothing") {
    Desk desk;
    // epoll takes no plain files.
    desk.reads->add(1, create_memfd("fence", 1, MemfdSeals::kNone).value());
    desk.run();
    CHECK(desk.released.empty());
    CHECK(desk.reads->count() == 0);
}

}  // namespace oriel::wayland
