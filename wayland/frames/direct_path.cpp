// SPDX-License-Identifier: MIT
#include "frames/direct_path.h"

#include <fmt/format.h>

#include <utility>

namespace oriel::wayland {

DirectPath::DirectPath(const Shared& shared, PathListener& listener,
                       std::unique_ptr<ReleasePoints> points)
    : shared_{shared},
      listener_{listener},
      patience_{shared.loop, [this] { listener_.path_choice_changed(); }},
      points_{std::move(points)},
      formats_{shared.loop, shared.globals, shared.announced, points_.get(), *this} {
    if (!formats_.known()) {
        patience_.arm_after(CompositorFormats::kPatience);
    }
}

DirectPath::~DirectPath() = default;

Readiness DirectPath::prepare(const FramebufferRef& framebuffer, const BufferShape& shape) {
    using State = DmabufImport::State;
    exact_wanted_ = !shape.exact.empty();
    if (framebuffer->dmabuf() == nullptr || exact_wanted_) {
        return Readiness::kRefused;
    }
    if (!formats_.known()) {
        return formats_.overdue() ? Readiness::kRefused : Readiness::kLater;
    }
    DmabufImport* import = imports_.find(framebuffer->generation());
    const TimePoint now = import != nullptr && import->state() == State::kTaken
                              ? TimePoint{}  // of no interest
                              : shared_.loop.clock().now();
    if (import == nullptr) {
        trim();
        import = imports_.make(framebuffer->generation(), static_cast<ImportOwner&>(*this),
                               shared_.importer, framebuffer, now);
    }
    if (import == nullptr) {
        starved_ = true;
        starved_why_ = fmt::format("direct: the compositor keeps {} buffers and gives none back",
                                   imports_.size());
        return Readiness::kRefused;
    }
    import->check_format(formats_, now);
    if (!import->why().empty()) {
        return Readiness::kRefused;
    }
    if (import->state() == State::kNew) {
        import->ask(now);
    }
    switch (import->state()) {
        case State::kNew:
        case State::kAsked:
            if (now >= import->overdue_at()) {
                return Readiness::kRefused;
            }
            patience_.arm_at(import->overdue_at());
            return Readiness::kLater;
        case State::kTaken:
            return Readiness::kReady;
        case State::kRefused:
            break;
    }
    return Readiness::kRefused;
}

std::string_view DirectPath::refusal(const Framebuffer& framebuffer) const {
    if (framebuffer.dmabuf() == nullptr) {
        return "direct: only for pictures that lie in the guest's own memory";
    }
    if (exact_wanted_) {
        return "direct: the compositor can't scale a buffer";
    }
    if (!formats_.known()) {
        return "direct: the compositor hasn't said which formats it takes";
    }
    const DmabufImport* import = imports_.peek(framebuffer.generation());
    if (import == nullptr) {
        return starved_why_;
    }
    return import->why().empty() ? "direct: the compositor doesn't answer"
                                 : std::string_view{import->why()};
}

std::string_view DirectPath::crop_refusal() const {
    return shared_.globals.get<wp_viewporter>() != nullptr
               ? std::string_view{}
               : "direct: the compositor can't show a part of a buffer";
}

std::optional<ShownFrame> DirectPath::show(Surface& surface, const FramebufferRef& framebuffer,
                                           const Rect& source, const Region& damage) {
    DmabufImport* import = imports_.find(framebuffer->generation());
    if (import == nullptr || import->state() != DmabufImport::State::kTaken) {
        return std::nullopt;
    }
    ImportedBuffer& buffer = import->buffer_for(surface);
    formats_.follow(&surface);
    const bool inverted = framebuffer->dmabuf()->layout().y_inverted;
    const RowOrder order = inverted ? RowOrder::kBottomFirst : RowOrder::kTopFirst;
    if (source == Rect::of(framebuffer->size())) {
        surface.show_all(order);
    } else {
        surface.show_part(source, order);
    }
    // The points say that the picture is complete. One that isn't drawn yet goes without: the
    // compositor then waits for the fence in the dma-buf.
    const bool drawn = framebuffer->dmabuf()->acquire_fence() < 0;
    if (points_ && !drawn) {
        points_->leave(surface);
    }
    buffer.by_point = points_ && drawn && points_->add(surface, buffer.points, buffer);
    wl_surface_attach(surface.proxy(), buffer.buffer.get(), 0, 0);
    damage.for_each([&](const Rect& rect) {
        // px of the buffer, as it lies in memory.
        const auto y = inverted ? framebuffer->size().height - rect.bottom() : rect.y;
        wl_surface_damage_buffer(surface.proxy(), static_cast<int32_t>(rect.x),
                                 static_cast<int32_t>(y), static_cast<int32_t>(rect.width),
                                 static_cast<int32_t>(rect.height));
    });
    surface.commit();
    import->committed(buffer, surface, framebuffer);
    return ShownFrame{
        .committed = {CommittedFrame::Pixels::kShared, import->generation()},
        .way = "direct",
        .explicit_sync = buffer.by_point,
    };
}

void DirectPath::leave(Surface& surface) {
    if (points_) {
        points_->leave(surface);
    }
}

bool DirectPath::holds_buffers() const {
    bool any = false;
    imports_.for_each([&any](const DmabufImport& import) { any |= import.held(); });
    return any;
}

void DirectPath::import_released(DmabufImport& import) {
    const uint64_t generation = import.generation();
    trim();  // may end `import`
    listener_.path_released(generation);
    if (std::exchange(starved_, false)) {
        listener_.path_choice_changed();
    }
}

void DirectPath::trim() {
    imports_.remove_if([](const DmabufImport& import) { return import.unwanted(); });
}

void DirectPath::connection_lost() {
    patience_.disarm();
    formats_.connection_lost();
    imports_.clear();
}

}  // namespace oriel::wayland
