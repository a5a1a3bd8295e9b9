// SPDX-License-Identifier: MIT
#include "sync/syncobj.h"

#include <sys/eventfd.h>

#include <utility>

#include "core/log.h"

namespace oriel::wayland {
namespace {

/// The point of an acquire timeline that says that pixels are there.
constexpr uint64_t kDone = 1;

uint32_t high(uint64_t point) {
    return static_cast<uint32_t>(point >> 32);
}

uint32_t low(uint64_t point) {
    return static_cast<uint32_t>(point);
}

}  // namespace

/// A wl_buffer's timeline, and the wait for its newest point. A timeline for each buffer, because a
/// compositor may release them in any order (set_release_point).
class Syncobj::ReleaseTimeline final : public ReleasePoints::Buffer {
public:
    ReleaseTimeline(EventLoop& loop, std::unique_ptr<SharedTimeline> timeline)
        : loop_{loop}, timeline_{std::move(timeline)} {}

    /// Waits for a new point instead of the one before, and returns it.
    Result<uint64_t> next(ReleaseListener& released) {
        watch_.reset();
        // A new one each time: the kernel still writes to the one before.
        event_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        if (!event_) {
            return system_error("eventfd");
        }
        released_ = &released;
        auto watch = loop_.watch(event_.get(), FdEvents::kRead, [this](FdEvents) { signalled(); });
        if (!watch) {
            return tl::unexpected(watch.error());
        }
        watch_ = std::move(*watch);
        if (auto armed = timeline_->notify(point_ + 1, event_.get()); !armed) {
            watch_.reset();
            event_.reset();
            return tl::unexpected(std::move(armed).error());
        }
        return ++point_;
    }
    [[nodiscard]] wp_linux_drm_syncobj_timeline_v1* proxy() const { return timeline_->proxy(); }

private:
    void signalled() {
        watch_.reset();
        event_.reset();
        released_->buffer_released();  // may end this
    }

    EventLoop& loop_;
    std::unique_ptr<SharedTimeline> timeline_;
    uint64_t point_ = 0;
    /// Hears of the newest point.
    ReleaseListener* released_ = nullptr;
    UniqueFd event_;
    FdWatch watch_;  // before the descriptor that it watches goes
};

/// The points of one window's commits.
class Syncobj::Points final : public ReleasePoints {
public:
    explicit Points(Syncobj& shared) : shared_{shared} {}

    void use_device(dev_t device) override { shared_.use_device(device); }

    bool add(Surface& surface, std::unique_ptr<Buffer>& buffer,
             ReleaseListener& released) override {
        if (shared_.device_ == nullptr || failed_) {
            return false;
        }
        if (auto added = try_add(surface, buffer, released); !added) {
            failed_ = true;
            object_.reset();
            surface_ = nullptr;
            log_warn("wayland",
                     "explicit synchronisation failed, wl_buffer.release is used from now on: {}",
                     added.error().message());
            return false;
        }
        return true;
    }

    void leave(const Surface& surface) override {
        if (surface_ == &surface) {
            object_.reset();
            surface_ = nullptr;
        }
    }

private:
    Result<void> try_add(Surface& surface, std::unique_ptr<Buffer>& buffer,
                         ReleaseListener& released) {
        if (buffer == nullptr) {
            auto timeline = shared_.make_timeline(0);
            if (!timeline) {
                return tl::unexpected(std::move(timeline).error());
            }
            buffer = std::make_unique<ReleaseTimeline>(shared_.loop_, std::move(*timeline));
        }
        auto& release = static_cast<ReleaseTimeline&>(*buffer);
        const auto point = release.next(released);
        if (!point) {
            return tl::unexpected(point.error());
        }
        if (surface_ != &surface) {
            object_.reset(
                wp_linux_drm_syncobj_manager_v1_get_surface(shared_.manager_, surface.proxy()));
            surface_ = &surface;
        }
        wp_linux_drm_syncobj_surface_v1_set_acquire_point(object_.get(), shared_.drawn_->proxy(),
                                                          high(kDone), low(kDone));
        wp_linux_drm_syncobj_surface_v1_set_release_point(object_.get(), release.proxy(),
                                                          high(*point), low(*point));
        return {};
    }

    Syncobj& shared_;
    /// This window does without from now on.
    bool failed_ = false;
    /// While a surface has this, each of its buffers must have points: only as long as all do.
    Proxy<wp_linux_drm_syncobj_surface_v1> object_;
    const Surface* surface_ = nullptr;
};

Syncobj::Syncobj(EventLoop& loop, wp_linux_drm_syncobj_manager_v1* manager, OpenSyncDevice open)
    : loop_{loop}, manager_{manager}, open_{std::move(open)} {}

Syncobj::~Syncobj() = default;

std::unique_ptr<ReleasePoints> Syncobj::make_points() {
    return std::make_unique<Points>(*this);
}

void Syncobj::use_device(dev_t device) {
    if (std::exchange(opened_, true)) {
        return;
    }
    const auto give_up = [](const HostError& error) {
        log_info("wayland", "no explicit synchronisation, wl_buffer.release is used instead: {}",
                 error.message());
    };
    auto opened = open_(device);
    if (!opened) {
        give_up(opened.error());
        return;
    }
    device_ = std::move(*opened);
    auto drawn = make_timeline(kDone);
    if (!drawn) {
        give_up(drawn.error());
        device_.reset();
        return;
    }
    drawn_ = std::move(*drawn);
}

Result<std::unique_ptr<SharedTimeline>> Syncobj::make_timeline(uint64_t point) {
    const auto timeline = device_->create();
    if (!timeline) {
        return tl::unexpected(timeline.error());
    }
    auto signalled = point == 0 ? Result<void>{} : device_->signal(*timeline, point);
    auto fd = signalled ? device_->share(*timeline) : tl::unexpected(std::move(signalled).error());
    if (!fd) {
        device_->destroy(*timeline);
        return tl::unexpected(std::move(fd).error());
    }
    return std::make_unique<SharedTimeline>(
        *device_, *timeline,
        Proxy<wp_linux_drm_syncobj_timeline_v1>{
            wp_linux_drm_syncobj_manager_v1_import_timeline(manager_, fd->get())});
}

}  // namespace oriel::wayland
