// SPDX-License-Identifier: MIT
#include "fake_timeline.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "core/memfd.h"

namespace oriel::test {
namespace {

/// All timelines by their memfd's inode, and the lock of all of them.
struct Registry {
    std::mutex mutex;
    std::map<ino_t, std::weak_ptr<FakeTimeline>> timelines;
    std::map<ino_t, std::shared_ptr<FakeTimeline>> under_way;
};

Registry& registry() {
    static Registry all;
    return all;
}

ino_t inode_of(int fd) {
    struct stat info = {};
    return ::fstat(fd, &info) == 0 ? info.st_ino : 0;
}

UniqueFd copy_of(int fd) {
    return UniqueFd{::fcntl(fd, F_DUPFD_CLOEXEC, 0)};
}

}  // namespace

std::shared_ptr<FakeTimeline> FakeTimeline::create() {
    std::shared_ptr<FakeTimeline> timeline{new FakeTimeline};
    const std::lock_guard lock{registry().mutex};
    registry().timelines[timeline->inode_] = timeline;
    return timeline;
}

std::shared_ptr<FakeTimeline> FakeTimeline::find(int fd) {
    const std::lock_guard lock{registry().mutex};
    const auto known = registry().timelines.find(inode_of(fd));
    if (known == registry().timelines.end()) {
        return nullptr;
    }
    auto found = known->second.lock();
    registry().under_way.erase(known->first);
    return found;
}

FakeTimeline::FakeTimeline()
    : memfd_{create_memfd("fake-timeline", 1, MemfdSeals::kNone).value()},
      inode_{inode_of(memfd_.get())} {}

FakeTimeline::~FakeTimeline() {
    // Before the memfd goes: its inode's number may be used again then.
    const std::lock_guard lock{registry().mutex};
    registry().timelines.erase(inode_);
}

UniqueFd FakeTimeline::share() {
    const std::lock_guard lock{registry().mutex};
    registry().under_way[inode_] = shared_from_this();
    return copy_of(memfd_.get());
}

void FakeTimeline::signal(uint64_t point) {
    const std::lock_guard lock{registry().mutex};
    reached_ = std::max(reached_, point);
    std::erase_if(waiters_, [this](const Waiter& waiter) {
        if (waiter.point > reached_) {
            return false;
        }
        ::eventfd_write(waiter.eventfd.get(), 1);
        return true;
    });
}

bool FakeTimeline::signalled(uint64_t point) const {
    const std::lock_guard lock{registry().mutex};
    return reached_ >= point;
}

void FakeTimeline::notify(uint64_t point, int eventfd) {
    const std::lock_guard lock{registry().mutex};
    if (reached_ >= point) {
        ::eventfd_write(eventfd, 1);
    } else {
        waiters_.push_back({point, copy_of(eventfd)});
    }
}

}  // namespace oriel::test
