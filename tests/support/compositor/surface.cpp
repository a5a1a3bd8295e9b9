// SPDX-License-Identifier: MIT
#include "surface.h"

#include <fmt/format.h>
#include <wayland-server-protocol.h>

#include "viewporter-server-protocol.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

#include "extensions.h"
#include "output.h"
#include "server.h"
#include "subsurface.h"

namespace oriel::test {
namespace {

/// Commits older than this don't keep their pixels.
constexpr size_t kPicturesKept = 8;

template <class T>
void append(std::vector<T>& to, std::vector<T>&& more) {
    to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

template <class T>
void replace_if_set(std::optional<T>& to, std::optional<T>&& later) {
    if (later) {
        to = std::move(later);
    }
}

PictureRef upside_down(const Picture& picture) {
    auto turned = std::make_shared<Picture>(picture);
    const size_t width = picture.size.width;
    const uint32_t height = picture.size.height;
    for (uint32_t y = 0; y < height; ++y) {
        std::copy_n(&picture.pixels[(height - 1 - y) * width], width, &turned->pixels[y * width]);
    }
    return turned;
}

uint32_t milliseconds_now() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<uint32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

}  // namespace

void SurfaceUpdate::merge(SurfaceUpdate&& later) {
    any |= later.any;
    if (later.attached) {
        attached = true;
        buffer = std::move(later.buffer);
        hold = std::move(later.hold);
    }
    append(surface_damage, std::move(later.surface_damage));
    append(buffer_damage, std::move(later.buffer_damage));
    replace_if_set(scale, std::move(later.scale));
    replace_if_set(transform, std::move(later.transform));
    replace_if_set(opaque, std::move(later.opaque));
    replace_if_set(takes_input, std::move(later.takes_input));
    replace_if_set(source, std::move(later.source));
    replace_if_set(destination, std::move(later.destination));
    append(callbacks, std::move(later.callbacks));
    append(feedbacks, std::move(later.feedbacks));
}

const wl_interface* Callback::interface() {
    return &wl_callback_interface;
}

Surface::Surface(Server& owner) : Object{owner}, number_{++owner.last_surface} {
    SurfaceState state;
    state.number = number_;
    state.stack = {number_};
    server().state.surfaces.emplace(number_, std::move(state));
    server().surfaces.push_back(this);
}

Surface::~Surface() = default;

const wl_interface* Surface::interface() {
    return &wl_surface_interface;
}

const void* Surface::requests() {
    static constexpr struct wl_surface_interface kRequests = {
        .destroy = destroy_resource,
        .attach = on<&Surface::attach>,
        .damage = on<&Surface::damage>,
        .frame = on<&Surface::frame>,
        .set_opaque_region = on<&Surface::set_opaque_region>,
        .set_input_region = on<&Surface::set_input_region>,
        .commit = on<&Surface::commit>,
        .set_buffer_transform = on<&Surface::set_buffer_transform>,
        .set_buffer_scale = on<&Surface::set_buffer_scale>,
        .damage_buffer = on<&Surface::damage_buffer>,
        .offset = on<&Surface::offset>,
    };
    return &kRequests;
}

SurfaceState& Surface::state() const {
    return server().state.surfaces.at(number_);
}

void Surface::created() {
    state().id = wl_resource_get_id(resource());
}

void Surface::destroyed() {
    std::erase(server().surfaces, this);
    state().alive = false;
    state().frame_callbacks = 0;
    state().feedbacks = 0;
    pending_ = {};
    cached_.reset();
    callbacks_.clear();
    for (const auto& feedback : feedbacks_) {
        feedback->discard();
    }
    current_.reset();
    replaced_.clear();
}

bool Surface::set_role(const std::string& name, std::weak_ptr<Role> role) {
    if (!role_name_.empty() && role_name_ != name) {
        server().violation(resource(), "is a " + role_name_ + " and can't become a " + name);
        return false;
    }
    role_name_ = name;
    role_ = std::move(role);
    state().role = name;
    return true;
}

void Surface::attach(wl_resource* buffer, int32_t x, int32_t y) {
    if ((x != 0 || y != 0) && version() >= WL_SURFACE_OFFSET_SINCE_VERSION) {
        server().protocol_error(resource(), WL_SURFACE_ERROR_INVALID_OFFSET,
                                "attach with an offset");
    }
    pending().attached = true;
    pending_.buffer = object_of<Buffer>(buffer);
}

void Surface::damage(int32_t x, int32_t y, int32_t width, int32_t height) {
    add_damage(pending().surface_damage, x, y, width, height);
}

void Surface::damage_buffer(int32_t x, int32_t y, int32_t width, int32_t height) {
    add_damage(pending().buffer_damage, x, y, width, height);
}

void Surface::add_damage(std::vector<Rect>& list, int32_t x, int32_t y, int32_t width,
                         int32_t height) {
    if (x < 0 || y < 0 || width <= 0 || height <= 0) {
        server().violation(resource(), fmt::format("damage {}x{} at {},{}", width, height, x, y));
        return;
    }
    list.push_back({static_cast<uint32_t>(x), static_cast<uint32_t>(y),
                    static_cast<uint32_t>(width), static_cast<uint32_t>(height)});
}

void Surface::frame(uint32_t id) {
    pending().callbacks.push_back(create<Callback>(server(), client(), 1, id));
}

void Surface::set_opaque_region(wl_resource* region) {
    const auto object = object_of<RegionObject>(region);
    pending().opaque = object ? std::optional{object->region} : std::optional<Region>{};
}

void Surface::set_input_region(wl_resource* region) {
    const auto object = object_of<RegionObject>(region);
    pending().takes_input = !object || !object->region.empty();
}

void Surface::set_buffer_transform(int32_t transform) {
    if (transform != WL_OUTPUT_TRANSFORM_NORMAL && transform != WL_OUTPUT_TRANSFORM_FLIPPED_180) {
        server().violation(resource(), fmt::format("transform {}", transform));
    }
    pending().transform = transform;
}

void Surface::set_buffer_scale(int32_t scale) {
    if (scale < 1) {
        server().protocol_error(resource(), WL_SURFACE_ERROR_INVALID_SCALE,
                                fmt::format("scale {}", scale));
        return;
    }
    pending().scale = scale;
}

void Surface::offset(int32_t, int32_t) {
    pending();
}

void Surface::commit() {
    // A commit that only carries what synchronised subsurfaces have kept is new, too.
    const bool carries = std::any_of(children.begin(), children.end(), [](const auto& child) {
        const auto subsurface = child.lock();
        return subsurface && subsurface->has_cached();
    });
    if (!pending_.any && !carries && server().options.strict_buffers) {
        server().violation(resource(), "commit without anything new");
    }
    const auto role = role_.lock();
    if (role) {
        role->before_commit(pending_.attached && pending_.buffer);
    }
    if (const auto rules = sync.lock()) {
        rules->before_commit(pending_);
    }
    if (pending_.attached && pending_.buffer) {
        if (pending_.buffer->resource() == nullptr) {
            server().violation(resource(), "commit of a buffer that was destroyed");
            pending_.buffer.reset();
        } else {
            pending_.hold =
                std::make_shared<BufferHold>(pending_.buffer, *this, std::move(pending_.release));
        }
    }
    forget_points();
    SurfaceUpdate update = std::exchange(pending_, {});
    if (role && role->synchronised()) {
        if (!cached_) {
            cached_.emplace();
        }
        cached_->merge(std::move(update));
        return;
    }
    if (cached_) {
        cached_->merge(std::move(update));
        update = std::move(*cached_);
        cached_.reset();
    }
    apply(std::move(update));
}

void Surface::apply_cached() {
    if (cached_) {
        SurfaceUpdate update = std::move(*cached_);
        cached_.reset();
        apply(std::move(update));
    }
}

void Surface::apply(SurfaceUpdate&& update) {
    SurfaceState& now = state();
    now.scale = update.scale.value_or(now.scale);
    now.transform = update.transform.value_or(now.transform);
    now.opaque = update.opaque.value_or(now.opaque);
    now.takes_input = update.takes_input.value_or(now.takes_input);
    now.source = update.source.value_or(now.source);
    now.destination = update.destination.value_or(now.destination);
    const bool explicit_sync = update.hold && update.hold->has_point();
    apply_buffer(update);
    apply_geometry();

    now.commits.push_back({.attached = update.attached,
                           .picture = now.picture,
                           .buffer = now.buffer,
                           .damage = buffer_damage(update),
                           .frame_callback = !update.callbacks.empty(),
                           .feedback = !update.feedbacks.empty(),
                           .explicit_sync = explicit_sync});
    trim_history();

    // A content update that is replaced before it was shown never will be (wp_presentation).
    if (update.attached) {
        for (const auto& feedback : std::exchange(feedbacks_, {})) {
            feedback->discard();
        }
    }
    append(callbacks_, std::move(update.callbacks));
    append(feedbacks_, std::move(update.feedbacks));
    now.frame_callbacks = callbacks_.size();
    now.feedbacks = feedbacks_.size();

    for (const auto& child : children) {
        if (const auto subsurface = child.lock()) {
            subsurface->parent_applied();
        }
    }
    if (const auto role = role_.lock()) {
        role->after_commit();
    }
    if (server().options.frames == Frames::kImmediate && resource() != nullptr) {
        latch();
    }
}

void Surface::apply_buffer(SurfaceUpdate& update) {
    if (!update.attached) {
        return;
    }
    SurfaceState& now = state();
    if (current_) {
        replaced_.push_back({std::move(current_)});
    }
    current_ = std::move(update.hold);
    now.picture = current_ ? current_->picture() : nullptr;
    if (now.picture && now.transform == WL_OUTPUT_TRANSFORM_FLIPPED_180) {
        now.picture = upside_down(*now.picture);
    }
    now.buffer = current_ ? current_->buffer().number() : 0;
    if (server().options.releases == Releases::kImmediate) {
        release_replaced();
        release_current();
    }
}

void Surface::apply_geometry() {
    SurfaceState& now = state();
    check_viewport();
    if (!now.picture) {
        now.size = {};
    } else if (now.destination) {
        now.size = *now.destination;
    } else if (now.source) {
        now.size = {static_cast<uint32_t>(now.source->width),
                    static_cast<uint32_t>(now.source->height)};
    } else {
        const auto scale = static_cast<uint32_t>(now.scale);
        if (now.picture->size.width % scale != 0 || now.picture->size.height % scale != 0) {
            server().protocol_error(resource(), WL_SURFACE_ERROR_INVALID_SIZE,
                                    "the buffer's size isn't a multiple of the scale");
        }
        now.size = {now.picture->size.width / scale, now.picture->size.height / scale};
    }
}

void Surface::check_viewport() const {
    const SurfaceState& now = state();
    if (!now.source || !now.picture) {
        return;
    }
    const SourceRect& source = *now.source;
    const auto object = viewport.lock();
    wl_resource* culprit = object ? object->resource() : resource();
    if (source.x + source.width > now.picture->size.width ||
        source.y + source.height > now.picture->size.height) {
        server().protocol_error(culprit, WP_VIEWPORT_ERROR_OUT_OF_BUFFER,
                                fmt::format("viewport source {}x{}+{}+{} out of a buffer of {}x{}",
                                            source.width, source.height, source.x, source.y,
                                            now.picture->size.width, now.picture->size.height));
    }
    if (!now.destination &&
        (source.width != std::floor(source.width) || source.height != std::floor(source.height))) {
        server().protocol_error(culprit, WP_VIEWPORT_ERROR_BAD_SIZE,
                                "viewport source of a fractional size without a destination");
    }
}

Region Surface::buffer_damage(const SurfaceUpdate& update) const {
    const SurfaceState& now = state();
    Region region;
    if (!now.picture) {
        return region;
    }
    const Rect whole = Rect::of(now.picture->size);
    for (const Rect& rect : update.buffer_damage) {
        region.add(intersection(rect, whole));
        // Everything, however large, is a usual way to say "all" (Mesa does).
        if (!rect.inside(whole.size()) && rect.width < std::numeric_limits<int32_t>::max() &&
            server().options.strict_buffers) {
            server().violation(resource(), fmt::format("damage {}x{}+{}+{} lies outside the buffer",
                                                       rect.width, rect.height, rect.x, rect.y));
        }
    }
    const SourceRect source = now.source.value_or(
        SourceRect{0, 0, static_cast<double>(whole.width), static_cast<double>(whole.height)});
    const double scale_x = source.width / now.size.width;
    const double scale_y = source.height / now.size.height;
    for (const Rect& rect : update.surface_damage) {
        const double left = source.x + rect.x * scale_x;
        const double top = source.y + rect.y * scale_y;
        const double right = std::min(source.x + static_cast<double>(rect.right()) * scale_x,
                                      static_cast<double>(whole.width));
        const double bottom = std::min(source.y + static_cast<double>(rect.bottom()) * scale_y,
                                       static_cast<double>(whole.height));
        const auto x = static_cast<uint32_t>(left);
        const auto y = static_cast<uint32_t>(top);
        if (right > left && bottom > top) {
            region.add({x, y, static_cast<uint32_t>(std::ceil(right)) - x,
                        static_cast<uint32_t>(std::ceil(bottom)) - y});
        }
    }
    return region;
}

void Surface::trim_history() const {
    auto& commits = state().commits;
    if (commits.size() > kPicturesKept) {
        commits[commits.size() - kPicturesKept - 1].picture.reset();
    }
}

void Surface::latch() {
    check_content();
    const uint32_t time = milliseconds_now();
    for (const auto& callback : std::exchange(callbacks_, {})) {
        if (callback->resource() != nullptr) {
            wl_callback_send_done(callback->resource(), time);
            wl_resource_destroy(callback->resource());
            ++server().state.callbacks_fired;
        }
    }
    for (const auto& feedback : std::exchange(feedbacks_, {})) {
        feedback->present();
    }
    state().frame_callbacks = 0;
    state().feedbacks = 0;
    if (server().options.releases == Releases::kWhenReplaced) {
        release_replaced(server().options.hold_longer);
    }
}

void Surface::release_replaced(size_t latches) {
    while (!replaced_.empty() && replaced_.front().latches >= latches) {
        replaced_.pop_front();
    }
    for (Replaced& replaced : replaced_) {
        ++replaced.latches;
    }
}

void Surface::release_oldest(size_t commits) {
    const auto count = static_cast<std::ptrdiff_t>(std::min(commits, replaced_.size()));
    replaced_.erase(replaced_.begin(), replaced_.begin() + count);
}

void Surface::check_content() const {
    if (server().options.strict_buffers && current_ && current_->buffer().resource() == nullptr) {
        server().violation(resource(),
                           fmt::format("its buffer {} was destroyed while the compositor holds it",
                                       current_->buffer().number()));
    }
}

bool Surface::release(uint64_t buffer) {
    bool any = std::erase_if(replaced_, [buffer](const Replaced& replaced) {
                   return replaced.hold->buffer().number() == buffer;
               }) > 0;
    if (current_ && current_->buffer().number() == buffer) {
        current_.reset();
        any = true;
    }
    return any;
}

void Surface::enter_outputs() {
    if (server().outputs.empty()) {
        return;
    }
    server().outputs.front()->enter(*this);
}

}  // namespace oriel::test
