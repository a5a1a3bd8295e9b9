// SPDX-License-Identifier: MIT
#include "record/recording.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/cursor_drawing.h"
#include "core/log.h"
#include "scanout/memory_pixels.h"

namespace oriel::app {
namespace {

constexpr size_t kPixel = MemoryBuffer::kBytesPerPixel;

/// What of a picture a cursor covers.
Rect covered(const CursorImage& cursor, Point hotspot, Size size) {
    const int64_t left = int64_t{hotspot.x} - cursor.hotspot.x;
    const int64_t top = int64_t{hotspot.y} - cursor.hotspot.y;
    const auto within = [](int64_t at, uint32_t most) {
        return static_cast<uint32_t>(std::clamp<int64_t>(at, 0, most));
    };
    const uint32_t x = within(left, size.width);
    const uint32_t y = within(top, size.height);
    return {x, y, within(left + cursor.size.width, size.width) - x,
            within(top + cursor.size.height, size.height) - y};
}

}  // namespace

Recording::Recording(EventLoop& loop, const card::Card& card, ScanoutId scanout, Request request)
    : loop_{loop},
      card_{card},
      scanout_{scanout},
      request_{std::move(request)},
      period_{1'000'000'000 / request_.choice.rate},
      begin_{loop.clock().now()},
      end_{begin_},
      next_{begin_},
      timer_{loop, [this] { take(); }},
      recorder_{loop, *this} {}

Recording::~Recording() {
    stop();
    recorder_.wait_for_end();
}

Result<void> Recording::start(const std::string& program, const UniqueFd& output) {
    const card::Card::Attached* picture = card_.attached(scanout_);
    // A guest's first picture is its firmware's, and small: what comes later has room, too.
    size_ = card_.target().screen(scanout_).preferred;
    if (picture != nullptr) {
        size_ = {std::max(size_.width, picture->source.width),
                 std::max(size_.height, picture->source.height)};
    }
    if (size_.area() > kMaxFramePixels) {
        return host_error("a screen of {}x{} px is too large for a recording", size_.width,
                          size_.height);
    }
    RecorderMessage message{.width = size_.width, .height = size_.height};
    message.time_ns = begin_.time_since_epoch().count();
    message.choice = request_.choice;
    if (auto started = recorder_.start(program, message, request_.name, output); !started) {
        return started;
    }
    frame_waits_ = true;
    take();
    return {};
}

void Recording::stop() {
    if (!running()) {
        return;
    }
    end_ = loop_.clock().now();
    state_ = State::kFinishing;
    timer_.disarm();
    recorder_.expect_end();
    next_ = begin_;  // the last picture is in it, whatever the rate
    finish();
}

void Recording::finish() {
    take();
    if (!frame_waits_) {
        cursor_waits_ = false;
        recorder_.stop((end_ - begin_).count());
    }
}

void Recording::frame_flushed(const Region& damage) {
    if (!running()) {
        return;
    }
    const card::Card::Attached* picture = card_.attached(scanout_);
    if (picture != nullptr) {
        Region part = damage;
        part.intersect(picture->source);
        part.translate(-static_cast<int32_t>(picture->source.x),
                       -static_cast<int32_t>(picture->source.y));
        slots_.add_damage(part);
    }
    if (std::exchange(frame_waits_, true)) {
        ++(no_room_ ? dropped_ : merged_);
    }
    take();
}

void Recording::cursor_changed() {
    if (!running() || !request_.choice.cursor) {
        return;
    }
    cursor_waits_ = true;
    // Not at once: a frame that comes with it is taken together with it.
    if (!frame_waits_) {
        timer_.arm_at(std::max(next_, loop_.clock().now()));
    }
}

void Recording::went_dark() {
    if (running()) {
        slots_.add_damage_everywhere();
        frame_waits_ = true;
        take();
    }
}

void Recording::take() {
    if (ended() || (!frame_waits_ && !cursor_waits_)) {
        return;
    }
    // Half a period early is in time: what a guest draws at the same rate never waits.
    const TimePoint due = next_ - period_ / 2;
    if (loop_.clock().now() < due) {
        timer_.arm_at(due);
        return;
    }
    const auto slot = slots_.free_slot();
    no_room_ = !slot;
    if (slot) {
        take_into(*slot);
    }
}

void Recording::take_into(uint32_t slot) {
    const card::Card::Attached* picture = card_.attached(scanout_);
    if (picture != nullptr) {
        size_ = picture->source.size();
    }
    if (const auto prepared = slots_.prepare(slot, size_); !prepared) {
        fail(prepared.error());
        return;
    }
    const TimePoint now = end_time();
    copy_picture(slot, picture, size_);
    slots_.updated(slot, draw_guest_cursor(slot, size_));
    const FrameSlots::Loan loan = slots_.lend(slot);
    frame_waits_ = cursor_waits_ = false;
    next_ = std::max(next_, now - period_) + period_;
    RecorderMessage message{.kind = ToRecorder::kFrame, .slot = slot};
    message.width = size_.width;
    message.height = size_.height;
    message.slot_bytes = loan.bytes;
    // What the screen shows at the begin is there from the begin.
    message.time_ns = recorded_++ == 0 ? 0 : (now - begin_).count();
    recorder_.send(message, loan.new_memory);
}

void Recording::copy_picture(uint32_t slot, const card::Card::Attached* picture, Size size) {
    std::byte* const to = slots_.pixels(slot);
    MemoryPixels* const pixels =
        picture != nullptr ? picture->framebuffer->memory().get() : nullptr;
    if (pixels == nullptr) {
        // Dark; or nothing that the CPU can read, which looks the same here.
        std::memset(to, 0, size.area() * kPixel);
        return;
    }
    const MemoryBuffer& from = pixels->latest();
    const Rect& source = picture->source;
    slots_.stale(slot).for_each([&](const Rect& part) {
        for (uint32_t y = part.y; y < part.bottom(); ++y) {
            std::memcpy(to + (size_t{y} * size.width + part.x) * kPixel,
                        from.row(source.y + y) + (size_t{source.x} + part.x) * kPixel,
                        size_t{part.width} * kPixel);
        }
    });
}

Rect Recording::draw_guest_cursor(uint32_t slot, Size size) {
    const card::Card::Cursor cursor = card_.cursor(scanout_);
    if (!request_.choice.cursor || !cursor.image) {
        return {};
    }
    draw_cursor(slots_.pixels(slot), size, *cursor.image, cursor.hotspot);
    return covered(*cursor.image, cursor.hotspot, size);
}

void Recording::slot_written(uint32_t slot, uint64_t frames, uint64_t left_out) {
    file_frames_ = frames;
    left_out_ = left_out;
    if (slot < kFrameSlots && !slots_.give_back(slot)) {
        fail(host_error("{} gave a frame back that it did not have", kRecorderProgram).value());
        return;
    }
    if (no_room_ && running()) {
        take();
    } else if (no_room_ && !ended()) {
        finish();
    }
}

/// What there is up to now is a good file.
void Recording::fail(const HostError& why) {
    error_ = why.message();
    end_ = end_time();
    state_ = State::kFinishing;
    timer_.disarm();
    frame_waits_ = cursor_waits_ = no_room_ = false;
    recorder_.expect_end();
    recorder_.stop((end_ - begin_).count());
}

void Recording::recorder_ended(const Result<void>& how) {
    if (running()) {
        end_ = loop_.clock().now();
    }
    state_ = State::kEnded;
    timer_.disarm();
    slots_ = {};  // its report stays, not its memory
    if (!how && error_.empty()) {
        error_ = how.error().message();
    }
    if (error_.empty()) {
        return;
    }
    // log: once a recording
    log_warn("app", "the recording of screen {} to {} has ended: {}", scanout_, request_.name,
             error_);
}

TimePoint Recording::end_time() const {
    return running() ? loop_.clock().now() : end_;
}

nlohmann::json Recording::report() const {
    const char* state = running()                     ? "running"
                        : state_ == State::kFinishing ? "finishing"
                        : error_.empty()              ? "done"
                                                      : "failed";
    const RecordChoice& choice = request_.choice;
    nlohmann::json report{
        {"scanout", scanout_},
        {"file", request_.name},
        {"format", format_word(choice.format)},
        {"rate", choice.rate},
        {"variable", choice.variable || choice.format == RecordFormat::kPngFolder},
        {"cursor", choice.cursor},
        {"state", state},
        {"seconds", std::chrono::duration<double>(end_time() - begin_).count()},
        {"recorded", recorded_},
        {"merged", merged_},
        {"dropped", dropped_},
        {"frames", file_frames_},
        {"left_out", left_out_}};
    if (is_video(choice.format)) {
        report["codec"] = codec_word(choice.codec);
    }
    if (!error_.empty()) {
        report["error"] = error_;
    }
    return report;
}

}  // namespace oriel::app
