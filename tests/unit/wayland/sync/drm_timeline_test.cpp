// SPDX-License-Identifier: MIT
// The kernel's timelines, where there is a DRM device that has them.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <xf86drm.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "support/skip.h"
#include "sync/drm_sync_device.h"

namespace oriel::wayland {
namespace {

/// The first render node whose driver has timelines, and who else uses it: a compositor.
struct Node {
    Node() {
        std::string why = "there is no DRM render node";
        std::error_code none;
        for (const auto& entry : std::filesystem::directory_iterator{"/dev/dri", none}) {
            struct stat info = {};
            if (entry.path().filename().string().rfind("renderD", 0) != 0 ||
                ::stat(entry.path().c_str(), &info) != 0) {
                continue;
            }
            auto opened = open_drm_sync_device(info.st_rdev);
            if (opened) {
                device = std::move(*opened);
                theirs = UniqueFd{::open(entry.path().c_str(), O_RDWR | O_CLOEXEC)};
                return;
            }
            why = opened.error().message();
        }
        test::skip(why);
    }
    /// The compositor's name for what it was given.
    [[nodiscard]] uint32_t import(const UniqueFd& shared) const {
        uint32_t handle = 0;
        REQUIRE(drmSyncobjFDToHandle(theirs.get(), shared.get(), &handle) == 0);
        return handle;
    }
    void signal(uint32_t handle, uint64_t point) const {
        REQUIRE(drmSyncobjTimelineSignal(theirs.get(), &handle, &point, 1) == 0);
    }

    std::unique_ptr<SyncDevice> device;
    UniqueFd theirs;
};

bool fired(const UniqueFd& event) {
    eventfd_t value = 0;
    return ::eventfd_read(event.get(), &value) == 0;
}

UniqueFd make_event() {
    return UniqueFd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
}

}  // namespace

TEST_CASE("a point that the compositor signals is told by the eventfd, once and no earlier") {
    const Node node;
    if (!node.device) {
        return;
    }
    const auto timeline = node.device->create().value();
    const UniqueFd shared = node.device->share(timeline).value();
    const uint32_t theirs = node.import(shared);
    const UniqueFd event = make_event();
    REQUIRE(node.device->notify(timeline, 2, event.get()));
    CHECK_FALSE(fired(event));
    node.signal(theirs, 1);
    CHECK_FALSE(fired(event));
    node.signal(theirs, 2);
    CHECK(fired(event));
    node.signal(theirs, 3);
    CHECK_FALSE(fired(event));
    node.device->destroy(timeline);
}

TEST_CASE("what has happened already is told at once, also of a point that we signalled") {
    const Node node;
    if (!node.device) {
        return;
    }
    const auto timeline = node.device->create().value();
    REQUIRE(node.device->signal(timeline, 1));
    const UniqueFd event = make_event();
    REQUIRE(node.device->notify(timeline, 1, event.get()));
    CHECK(fired(event));
    // As the compositor sees it.
    uint32_t theirs = node.import(node.device->share(timeline).value());
    uint64_t point = 1;
    CHECK(drmSyncobjTimelineWait(node.theirs.get(), &theirs, &point, 1, 0,
                                 DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT, nullptr) == 0);
    node.device->destroy(timeline);
}

TEST_CASE("a timeline that is gone fails with a line, and harms nothing") {
    const Node node;
    if (!node.device) {
        return;
    }
    const auto timeline = node.device->create().value();
    const UniqueFd event = make_event();
    REQUIRE(node.device->notify(timeline, 1, event.get()));
    node.device->destroy(timeline);
    CHECK_FALSE(node.device->share(timeline));
    CHECK_FALSE(node.device->signal(timeline, 1));
    CHECK_FALSE(node.device->notify(timeline, 1, event.get()));
    CHECK_FALSE(fired(event));
}

}  // namespace oriel::wayland
