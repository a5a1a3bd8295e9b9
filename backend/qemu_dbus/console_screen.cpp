// SPDX-License-Identifier: MIT
#include "console_screen.h"

#include <drm_fourcc.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/log_fields.h"
#include "core/saturating.h"
#include "scanout/buffer_rows.h"
#include "scanout/linear_rows.h"

namespace oriel::qemu_dbus {
namespace {

constexpr const char* kScreenArea = "dbus";

}  // namespace

ConsoleScreen::ConsoleScreen(EventLoop& loop, Display& display, ScanoutId screen,
                             ConsoleFacts& facts, DisplayStats& stats)
    : loop_{loop},
      display_{display},
      screen_{screen},
      facts_{facts},
      stats_{stats},
      settle_timer_{loop, [this] { settle(); }},
      telling_{loop, [this] { tell_cursor(); }} {}

ConsoleScreen::~ConsoleScreen() {
    // Nobody is answered from here on.
    self_.revoke();
    display_.set_cursor(screen_, nullptr);
    display_.detach(screen_);
}

void ConsoleScreen::complain(const std::string& line) {
    if (limiter_.admit(loop_.clock().now())) {
        const LogScope scope{{.screen = screen_}};
        log_warn(kScreenArea, "screen {}: {}", screen_, line);
    }
}

void ConsoleScreen::lied() {
    ++stats_.malformed;
    complain("QEMU describes a picture that can't be: ignored");
}

void ConsoleScreen::too_large(Size size) {
    go_dark(fmt::format("{}x{} px", size.width, size.height));
}

void ConsoleScreen::listener_overrun() {
    go_dark("more than 128 MiB");
    facts_.listener_overrun();
}

/// The picture before would look as if the guest stood still.
void ConsoleScreen::go_dark(const std::string& picture) {
    if (std::exchange(too_large_, true)) {
        return;
    }
    sent_.reset();
    mapped_.reset();
    dmabuf_.reset();
    source_ = {};
    display_.detach(screen_);
    complain(
        fmt::format("QEMU sends a picture of {}, and a D-Bus message has no room for it: dark "
                    "until it is smaller",
                    picture));
}

void ConsoleScreen::show(FramebufferRef framebuffer, const Rect& source) {
    too_large_ = false;
    source_ = source;
    display_.attach(screen_, std::move(framebuffer), source);
}

// --- pixels that are sent ------------------------------------------------------------------------

bool ConsoleScreen::make_sent(Size size, uint32_t format) {
    auto pixels = MemoryPixels::create(size);
    if (!pixels) {
        complain(pixels.error().message());
        return false;
    }
    mapped_.reset();
    dmabuf_.reset();
    sent_ = std::move(*pixels);
    sent_framebuffer_ = std::make_shared<const Framebuffer>(sent_, format);
    return true;
}

void ConsoleScreen::scanout(const SentPixels& picture) {
    ++stats_.scanouts;
    stats_.sent_bytes += picture.bytes.size();
    LinearRows rows{picture.bytes.data(), picture.stride, picture.format};
    const Rect all = Rect::of(picture.size);
    if (sent_ && sent_->size() == picture.size &&
        sent_framebuffer_->format() == picture.format.fourcc) {
        // ramfb is sent 33 times a second, whether it has changed or not.
        const Region changed = sent_->update(all, rows, Damage::kCompare);
        if (!changed.empty()) {
            display_.flush(screen_, changed, {});
        }
    } else if (make_sent(picture.size, picture.format.fourcc)) {
        sent_->update(all, rows, Damage::kAsClaimed);
        show(sent_framebuffer_, all);
        display_.flush(screen_, Region{all}, {});
    }
    settle_soon();
}

void ConsoleScreen::update(const SentUpdate& update) {
    ++stats_.updates;
    stats_.sent_bytes += update.pixels.bytes.size();
    if (!sent_) {
        stats_.malformed += too_large_ ? 0 : 1;
        return;
    }
    if (!update.rect.inside(sent_->size())) {
        const Size both{
            std::max<uint32_t>(sent_->size().width, static_cast<uint32_t>(update.rect.right())),
            std::max<uint32_t>(sent_->size().height, static_cast<uint32_t>(update.rect.bottom()))};
        const bool text_mode = console_.width <= kMaxTextSide && console_.height <= kMaxTextSide;
        resize_sent(text_mode && update.rect.inside(console_) ? console_ : both);
        settle_soon();
        if (!update.rect.inside(sent_->size())) {
            return;
        }
    }
    LinearRows rows{update.pixels.bytes.data(),
                    update.pixels.stride,
                    update.pixels.format,
                    {static_cast<int32_t>(update.rect.x), static_cast<int32_t>(update.rect.y)}};
    // QEMU sends a text screen again and again, twice a second.
    const Region changed = sent_->update(update.rect, rows, Damage::kCompare);
    if (!changed.empty()) {
        display_.flush(screen_, changed, {});
    }
}

void ConsoleScreen::resize_sent(Size size) {
    const std::shared_ptr<MemoryPixels> before = sent_;
    if (size.empty() || size.width > kMaxTextSide || size.height > kMaxTextSide ||
        !make_sent(size, sent_framebuffer_->format())) {
        return;
    }
    const Rect common = intersection(Rect::of(size), Rect::of(before->size()));
    BufferRows rows{before->latest()};
    sent_->update(common, rows, Damage::kAsClaimed);
    show(sent_framebuffer_, Rect::of(size));
    display_.flush(screen_, Region{Rect::of(size)}, {});
}

void ConsoleScreen::console_size(Size size, bool asked) {
    console_ = size;
    if (!asked) {
        settle_soon();
    } else if (sent_ && sent_->size() != size) {
        resize_sent(size);
    }
}

void ConsoleScreen::settle_soon() {
    if (sent_ && !console_.empty() && sent_->size() != console_) {
        settle_timer_.arm_after(kSettles);
    }
}

void ConsoleScreen::settle() {
    if (sent_ && sent_->size() != console_) {
        facts_.ask_size();
    }
}

// --- shared memory -------------------------------------------------------------------------------

const ConsoleScreen::Map* ConsoleScreen::map_of(int fd, const SharedPicture& picture,
                                                FileIdentity file) {
    const auto found = std::find_if(maps_.begin(), maps_.end(), [&](const Map& map) {
        return map.pixels->is(picture, file) && !map.pixels->damaged();
    });
    if (found != maps_.end()) {
        std::rotate(maps_.begin(), found, found + 1);
        return &maps_.front();
    }
    auto pixels = MappedPixels::map(fd, picture, file);
    if (!pixels) {
        complain(pixels.error().message());
        return nullptr;
    }
    if (maps_.size() >= kMaxMaps) {
        maps_.pop_back();
    }
    maps_.insert(maps_.begin(), {*pixels, std::make_shared<const Framebuffer>(*pixels)});
    return &maps_.front();
}

bool ConsoleScreen::scanout_map(int fd, Size size, uint32_t offset, uint32_t stride,
                                uint32_t format) {
    ++stats_.scanout_maps;
    const auto file = SharedFile::look_at(fd);
    const auto picture =
        file ? check_shared(size, offset, stride, format, file->size) : std::nullopt;
    if (!picture) {
        lied();
        return false;
    }
    const Map* const map = map_of(fd, *picture, file->identity);
    if (map == nullptr) {
        return false;
    }
    sent_.reset();
    dmabuf_.reset();
    mapped_ = map->pixels;
    const Rect all = Rect::of(size);
    // It may have been drawn while it was not shown.
    mapped_->flushed(Region{all});
    show(map->framebuffer, all);
    return true;
}

void ConsoleScreen::update_map(const std::array<int32_t, 4>& at) {
    ++stats_.update_maps;
    if (!mapped_) {
        ++stats_.malformed;
        return;
    }
    const Rect rect = check_damage(at, mapped_->size());
    if (rect.empty()) {
        return;
    }
    const Region damage{rect};
    mapped_->flushed(damage);
    display_.flush(screen_, damage, {});
}

// --- dma-bufs ------------------------------------------------------------------------------------

void ConsoleScreen::scanout_dmabuf(const DmabufPicture& picture, std::vector<UniqueFd> files) {
    ++stats_.scanout_dmabufs;
    sent_.reset();
    mapped_.reset();
    dmabuf_ = std::make_shared<PassedDmabuf>(picture.layout, std::move(files));
    show(std::make_shared<const Framebuffer>(dmabuf_), picture.visible);
}

void ConsoleScreen::update_dmabuf(const std::array<int32_t, 4>& at, PendingReply reply) {
    ++stats_.update_dmabufs;
    if (!dmabuf_) {
        ++stats_.malformed;
        return;
    }
    // Counted from what is shown.
    Rect rect = check_damage(at, source_.size());
    if (rect.empty() || replies_.size() >= kMaxReplies) {
        return;
    }
    rect.x += source_.x;
    rect.y += source_.y;
    const Region damage{rect};
    dmabuf_->flushed(damage);
    const uint64_t token = ++last_token_;
    replies_.emplace(token, std::move(reply));
    display_.flush(screen_, damage, FlushDone{self_.get(), token});
}

void ConsoleScreen::flush_done(uint64_t token) {
    const auto found = replies_.find(token);
    if (found != replies_.end()) {
        const PendingReply answered = std::move(found->second);
        replies_.erase(found);
    }
}

// --- the pointer's image -------------------------------------------------------------------------

void ConsoleScreen::mouse_set(Point position, bool on) {
    cursor_position_ = position;
    cursor_on_ = on;
    telling_.schedule();
}

void ConsoleScreen::cursor_define(std::shared_ptr<const CursorImage> image) {
    cursor_ = std::move(image);
    telling_.schedule();
}

void ConsoleScreen::tell_cursor() {
    display_.set_cursor(screen_, cursor_on_ ? cursor_ : nullptr);
    // QEMU passes on what a virtio driver says: where the image's corner is.
    const Point hotspot = cursor_ ? cursor_->hotspot : Point{};
    display_.move_cursor(screen_, saturating_sum(cursor_position_, hotspot));
}

}  // namespace oriel::qemu_dbus
