// SPDX-License-Identifier: MIT
#include "frames/compositor_formats.h"

namespace oriel::wayland {

CompositorFormats::CompositorFormats(const EventLoop& loop, const Globals& globals,
                                     const AnnouncedFormats& announced, ReleasePoints* points,
                                     FormatsListener& listener)
    : loop_{loop}, globals_{globals}, points_{points}, listener_{listener} {
    if (!can_ask()) {
        formats_ = announced.formats();
        known_ = true;
        return;
    }
    asked_ = loop.clock().now();
    follow(nullptr);
}

bool CompositorFormats::can_ask() const {
    return has_feedback(globals_.get<zwp_linux_dmabuf_v1>());
}

bool CompositorFormats::overdue() const {
    return !known_ && loop_.clock().now() - asked_ >= kPatience;
}

void CompositorFormats::follow(const Surface* surface) {
    if ((feedback_ && followed_ == surface) || !can_ask()) {
        return;
    }
    followed_ = surface;
    // What is known stays until the new one is complete.
    feedback_ = std::make_unique<DmabufFeedback>(
        Proxy<zwp_linux_dmabuf_feedback_v1>{
            surface == nullptr
                ? zwp_linux_dmabuf_v1_get_default_feedback(globals_.get<zwp_linux_dmabuf_v1>())
                : zwp_linux_dmabuf_v1_get_surface_feedback(globals_.get<zwp_linux_dmabuf_v1>(),
                                                           surface->proxy())},
        static_cast<FeedbackListener&>(*this));
}

void CompositorFormats::feedback_complete() {
    if (const auto device = feedback_->main_device(); device && points_ != nullptr) {
        points_->use_device(*device);
    }
    // Most surfaces are told what was said in general.
    if (known_ && formats_ == feedback_->formats() && problem_ == feedback_->problem()) {
        return;
    }
    formats_ = feedback_->formats();
    problem_ = feedback_->problem();
    known_ = true;
    ++serial_;
    listener_.formats_changed();
}

}  // namespace oriel::wayland
