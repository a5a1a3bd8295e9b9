// SPDX-License-Identifier: MIT
#include "frames/direct_path.h"

#include <drm_fourcc.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/log.h"

namespace oriel::wayland {
namespace {

// A compositor that hasn't answered by then is taken to refuse, until it does answer.
constexpr Nanoseconds kPatience{500'000'000};
// A compositor keeps two or three buffers. One that never gives any back must not keep all that a
// guest makes and destroys.
constexpr size_t kMaxHeld = 16;

DmabufDescription describe(const DmabufPixels& pixels, uint64_t modifier) {
    return {.files = *pixels.files(),
            .layout = pixels.layout(),
            .format = opaque_format(pixels.layout().fourcc),
            .modifier = modifier};
}

/// Whether all rows, each with its whole stride, lie in the files. Compositors end a client for
/// naming more (zwp_linux_buffer_params_v1.error.out_of_bounds). How many rows a plane behind the
/// first has, only its format says: one, at least, as compositors look at it.
bool inside(const PixelLayout& layout, const std::vector<UniqueFd>& files) {
    for (uint32_t i = 0; i < layout.plane_count; ++i) {
        const PlaneLayout& plane = layout.planes.at(i);
        if (plane.file >= files.size()) {
            return false;
        }
        const off_t size = ::lseek(files[plane.file].get(), 0, SEEK_END);
        const uint64_t rows = i == 0 ? layout.size.height : 1;
        if (size < 0 || plane.offset + plane.stride * rows > static_cast<uint64_t>(size)) {
            return false;
        }
    }
    return true;
}

}  // namespace

/// A wl_buffer. Two surfaces never share one: wl_buffer.release doesn't say which it is about.
struct DirectPath::Use {
    Import* import = nullptr;
    /// The surface that it was attached to last.
    const Surface* surface = nullptr;
    bool held = false;
    /// The newest commit has a release point: wl_buffer.release says nothing.
    bool by_point = false;
    Proxy<wl_buffer> buffer;
    std::unique_ptr<ReleasePoints::Buffer> points;
};

/// What the compositor made of a framebuffer.
struct DirectPath::Import {
    enum class State : uint8_t { kNew, kAsked, kTaken, kRefused };

    DirectPath* owner = nullptr;
    uint64_t generation = 0;
    std::weak_ptr<const Framebuffer> framebuffer;
    /// Keeps the framebuffer while the compositor holds it.
    FramebufferRef keep;
    State state = State::kNew;
    /// It is refused, for this reason.
    std::string why;
    /// formats_serial_ that this was last checked with.
    uint64_t serial = 0;
    /// When the compositor was asked, or before that, when it was first wanted.
    TimePoint asked;
    uint64_t modifier = 0;
    /// The question to the compositor.
    std::shared_ptr<DmabufImporter::Done> question;
    std::vector<std::unique_ptr<Use>> uses;

    [[nodiscard]] bool held() const {
        return std::any_of(uses.begin(), uses.end(), [](const auto& use) { return use->held; });
    }
};

const wl_buffer_listener DirectPath::kListener{
    .release =
        [](void* data, wl_buffer*) {
            auto* use = static_cast<Use*>(data);
            if (!use->by_point) {
                use->import->owner->released(*use);
            }
        },
};

DirectPath::DirectPath(const Lent& lent, PathEvents events, std::unique_ptr<ReleasePoints> points)
    : lent_{lent},
      events_{std::move(events)},
      patience_{lent.loop, [this] { events_.changed(); }},
      points_{std::move(points)} {
    if (zwp_linux_dmabuf_v1_get_version(lent_.globals.get<zwp_linux_dmabuf_v1>()) <
        ZWP_LINUX_DMABUF_V1_GET_DEFAULT_FEEDBACK_SINCE_VERSION) {
        formats_ = lent_.announced.formats();
        formats_known_ = true;
        return;
    }
    formats_asked_ = lent_.loop.clock().now();
    patience_.arm_after(kPatience);
    follow(nullptr);
}

DirectPath::~DirectPath() = default;

// --- what the compositor takes -------------------------------------------------------------------

void DirectPath::follow(Surface* surface) {
    if (zwp_linux_dmabuf_v1_get_version(lent_.globals.get<zwp_linux_dmabuf_v1>()) <
            ZWP_LINUX_DMABUF_V1_GET_DEFAULT_FEEDBACK_SINCE_VERSION ||
        (feedback_ && followed_ == surface)) {
        return;
    }
    followed_ = surface;
    // What is known stays until the new one is complete.
    feedback_ = std::make_unique<DmabufFeedback>(
        Proxy<zwp_linux_dmabuf_feedback_v1>{
            surface == nullptr
                ? zwp_linux_dmabuf_v1_get_default_feedback(lent_.globals.get<zwp_linux_dmabuf_v1>())
                : zwp_linux_dmabuf_v1_get_surface_feedback(lent_.globals.get<zwp_linux_dmabuf_v1>(),
                                                           surface->proxy())},
        [this] { feedback_changed(); });
}

void DirectPath::feedback_changed() {
    if (const auto device = feedback_->main_device(); device && points_) {
        points_->use_device(*device);
    }
    // Most surfaces are told what was said in general.
    if (formats_known_ && formats_ == feedback_->formats() &&
        formats_problem_ == feedback_->problem()) {
        return;
    }
    formats_ = feedback_->formats();
    formats_problem_ = feedback_->problem();
    formats_known_ = true;
    ++formats_serial_;
    events_.changed();
}

bool DirectPath::overdue(TimePoint since) const {
    return lent_.loop.clock().now() - since >= kPatience;
}

// --- from a framebuffer to a wl_buffer -----------------------------------------------------------

Readiness DirectPath::prepare(const FramebufferRef& framebuffer) {
    const DmabufPixels* pixels = framebuffer->dmabuf();
    if (pixels == nullptr) {
        return Readiness::kRefused;
    }
    if (!formats_known_) {
        return overdue(formats_asked_) ? Readiness::kRefused : Readiness::kLater;
    }
    Import& import = import_of(framebuffer);
    if (import.serial != formats_serial_) {
        check_format(import, pixels->layout());
    }
    if (!import.why.empty()) {
        return Readiness::kRefused;
    }
    if (import.state == Import::State::kNew) {
        ask(import, *pixels);
    }
    switch (import.state) {
        case Import::State::kNew:
            return starved_ || overdue(import.asked) ? Readiness::kRefused : Readiness::kLater;
        case Import::State::kAsked:
            return overdue(import.asked) ? Readiness::kRefused : Readiness::kLater;
        case Import::State::kTaken:
            return Readiness::kReady;
        case Import::State::kRefused:
            break;
    }
    return Readiness::kRefused;
}

void DirectPath::check_format(Import& import, const PixelLayout& layout) const {
    import.serial = formats_serial_;
    const uint32_t format = opaque_format(layout.fourcc);
    if (const auto choice = formats_.choose(format, layout.modifier)) {
        import.why.clear();
        if (import.state == Import::State::kAsked || import.state == Import::State::kTaken) {
            return;  // with the modifier of then
        }
        import.state = Import::State::kNew;
        import.asked = lent_.loop.clock().now();
        import.modifier = choice->modifier;
        log_debug("wayland", "{} goes direct{}", fourcc_name(format),
                  choice->scanout ? ", and can be scanned out" : "");
    } else if (formats_problem_.empty()) {
        import.why =
            fmt::format("direct: the compositor doesn't take {} as a dma-buf", fourcc_name(format));
    } else {
        import.why = fmt::format("direct: the compositor's dma-buf formats make no sense: {}",
                                 formats_problem_);
    }
}

std::string_view DirectPath::refusal(const Framebuffer& framebuffer) const {
    if (framebuffer.dmabuf() == nullptr) {
        return "direct: only for pictures that lie in the guest's own memory";
    }
    const auto known = imports_.find(framebuffer.generation());
    if (!formats_known_ || known == imports_.end()) {
        return "direct: the compositor hasn't said which formats it takes";
    }
    const Import& import = *known->second;
    if (!import.why.empty()) {
        return import.why;
    }
    if (starved_ && import.state == Import::State::kNew) {
        return starved_why_;
    }
    return "direct: the compositor doesn't answer";
}

std::string_view DirectPath::crop_refusal() const {
    return lent_.globals.get<wp_viewporter>() != nullptr
               ? std::string_view{}
               : "direct: the compositor can't show a part of a buffer";
}

DirectPath::Import& DirectPath::import_of(const FramebufferRef& framebuffer) {
    const uint64_t generation = framebuffer->generation();
    if (const auto known = imports_.find(generation); known != imports_.end()) {
        return *known->second;
    }
    prune();
    auto import = std::make_unique<Import>();
    import->owner = this;
    import->generation = generation;
    import->framebuffer = framebuffer;
    import->asked = lent_.loop.clock().now();
    return *imports_.emplace(generation, std::move(import)).first->second;
}

void DirectPath::ask(Import& import, const DmabufPixels& pixels) {
    const Result<std::vector<UniqueFd>>& files = pixels.files();
    if (!files || !inside(pixels.layout(), *files)) {
        import.state = Import::State::kRefused;
        import.why = files ? "direct: the guest's buffer ends before its last row does"
                           : "direct: " + files.error().message();
        return;
    }
    if (held_ >= kMaxHeld) {
        starved_ = true;
        starved_why_ =
            fmt::format("direct: the compositor keeps {} buffers and gives none back", held_);
        return;
    }
    if (lent_.importer.busy()) {
        return;
    }
    import.state = Import::State::kAsked;
    import.asked = lent_.loop.clock().now();
    patience_.arm_after(kPatience);
    auto done = [this, &import](Proxy<wl_buffer> buffer) { answered(import, std::move(buffer)); };
    import.question = lent_.importer.ask(describe(pixels, import.modifier), std::move(done));
}

void DirectPath::answered(Import& import, Proxy<wl_buffer> buffer) {
    import.question.reset();
    if (buffer) {
        import.state = Import::State::kTaken;
        add_use(import, std::move(buffer));
    } else {
        import.state = Import::State::kRefused;
        import.why = "direct: the compositor can't import the dma-buf";
    }
    events_.changed();
}

// --- frames --------------------------------------------------------------------------------------

std::optional<CommittedFrame> DirectPath::show(Surface& surface, const FramebufferRef& framebuffer,
                                               const Rect& source, const Region& damage) {
    Import& import = *imports_.at(framebuffer->generation());
    Use& use = use_on(import, surface, *framebuffer->dmabuf());
    follow(&surface);
    if (source == Rect::of(framebuffer->size())) {
        surface.show_all();
    } else {
        surface.show_part(source);
    }
    // The points say that the picture is complete. One that isn't drawn yet goes without: the
    // compositor then waits for the fence in the dma-buf.
    const bool drawn = framebuffer->dmabuf()->acquire_fence() < 0;
    if (points_ && !drawn) {
        points_->leave(surface);
    }
    use.by_point =
        points_ && drawn && points_->add(surface, use.points, [this, &use] { released(use); });
    explicit_ = use.by_point;
    wl_surface_attach(surface.proxy(), use.buffer.get(), 0, 0);
    damage.for_each([&](const Rect& rect) {
        wl_surface_damage_buffer(surface.proxy(), static_cast<int32_t>(rect.x),
                                 static_cast<int32_t>(rect.y), static_cast<int32_t>(rect.width),
                                 static_cast<int32_t>(rect.height));
    });
    surface.commit();
    if (!import.held()) {
        ++held_;
    }
    use.surface = &surface;
    use.held = true;
    import.keep = framebuffer;
    return CommittedFrame{CommittedFrame::Pixels::kShared, import.generation};
}

void DirectPath::leave(Surface& surface) {
    if (points_) {
        points_->leave(surface);
    }
}

DirectPath::Use& DirectPath::use_on(Import& import, const Surface& surface,
                                    const DmabufPixels& pixels) {
    for (const auto& use : import.uses) {
        if (!use->held || use->surface == &surface) {
            return *use;
        }
    }
    // The picture moves to another surface while the compositor still has it on this one. The same
    // dma-buf was taken before, so there is no need to ask.
    return add_use(import, lent_.importer.make_again(describe(pixels, import.modifier)));
}

DirectPath::Use& DirectPath::add_use(Import& import, Proxy<wl_buffer> buffer) {
    auto use = std::make_unique<Use>();
    use->import = &import;
    use->buffer = std::move(buffer);
    wl_buffer_add_listener(use->buffer.get(), &kListener, use.get());
    import.uses.push_back(std::move(use));
    return *import.uses.back();
}

void DirectPath::released(Use& use) {
    // A second release of the same commit says nothing.
    if (!std::exchange(use.held, false)) {
        return;
    }
    Import& import = *use.import;
    if (import.uses.size() > 1) {
        std::erase_if(import.uses, [&use](const auto& other) { return other.get() == &use; });
    }
    if (import.held()) {
        return;
    }
    --held_;
    const uint64_t generation = import.generation;
    import.keep.reset();
    prune();  // may end `import`
    events_.released(generation);
    if (std::exchange(starved_, false)) {
        events_.changed();
    }
}

void DirectPath::prune() {
    std::erase_if(imports_, [](const auto& entry) {
        const Import& import = *entry.second;
        return import.framebuffer.expired() && !import.held();
    });
}

void DirectPath::connection_lost() {
    patience_.disarm();
    feedback_.reset();
    imports_.clear();
    held_ = 0;
}

}  // namespace oriel::wayland
