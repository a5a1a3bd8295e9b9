// SPDX-License-Identifier: MIT
#include "scanout/memory_pixels.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <span>
#include <utility>

#include "core/log.h"
#include "row_diff.h"
#include "scanout/pieces.h"
#include "scanout/span_collector.h"
#include "stream_copy.h"

namespace oriel {
namespace {

// A guest that changes single pixels here and there must not make the bookkeeping grow with each:
// beyond this, catching up costs a few pixels more.
constexpr size_t kMaxAgeRects = 512;

constexpr size_t kPixel = MemoryBuffer::kBytesPerPixel;
// Half of a common L2 cache: less than that the compositor finds there.
constexpr uint64_t kStreamFrom = uint64_t{1} << 20;

void copy_rows(const MemoryBuffer& from, MemoryBuffer& to, const Rect& rect) {
    for (uint32_t y = rect.y; y < rect.bottom(); ++y) {
        std::memcpy(to.row(y) + rect.x * kPixel, from.row(y) + rect.x * kPixel,
                    rect.width * kPixel);
    }
}

/// Room for rows on their way. One for all pictures, as there is one thread: one for each would be
/// memory that no account has, 256 KiB for a picture that is 16384 px wide and one high.
std::byte* scratch_rows(uint32_t width) {
    static std::vector<std::byte> scratch;
    scratch.resize(std::max(scratch.size(), RowSource::kAtOnce * width * kPixel));
    return scratch.data();
}

}  // namespace

MemoryPixels::MemoryPixels(Size size, std::shared_ptr<MemoryBuffer> first)
    : LedgerItem{HeldFor::kPictures}, size_{size} {
    front_ = first.get();
    buffers_.push_back(std::move(first));
}

Result<std::shared_ptr<MemoryPixels>> MemoryPixels::create(Size size) {
    auto first = MemoryBuffer::create(size);
    if (!first) {
        return tl::unexpected(std::move(first).error());
    }
    return std::shared_ptr<MemoryPixels>{new MemoryPixels{size, std::move(*first)}};
}

Held MemoryPixels::held() const {
    // Each shared pointer's count is a piece of the heap of its own.
    const uint64_t counts = (1 + buffers_.size()) * heap_bytes_of(sizeof(std::shared_ptr<int>));
    return {heap_bytes_of(sizeof *this) +
                heap_bytes_of(buffers_.capacity() * sizeof buffers_.front()) + counts,
            0};
}

MemoryBuffer& MemoryPixels::writable() {
    if (back_ != nullptr) {
        return *back_;
    }
    MemoryBuffer* best = nullptr;
    for (const auto& buffer : buffers_) {
        if (buffer->state() == BufferState::kFree &&
            (best == nullptr || buffer->stale_.area() < best->stale_.area())) {
            best = buffer.get();
        }
    }
    if (best == nullptr) {
        assert(buffers_.size() < kMaxBuffers);
        auto fresh = MemoryBuffer::create(size_);
        if (!fresh) {
            // Out of memory. Tearing beats losing the picture or the process: the newest buffer is
            // written although a compositor may be reading it.
            static LogLimiter limiter;  // one for all pictures: at each frame it fails again
            if (limiter.admit(SystemClock{}.now())) {
                log_error("scanout", "no second frame buffer, pictures may tear: {}",
                          fresh.error().message());
            }
            return *front_;
        }
        best = fresh->get();
        best->stale_ = Region{Rect::of(size_)};
        buffers_.push_back(std::move(*fresh));
    }
    best->move_to(BufferState::kGuest);
    back_ = best;
    return *best;
}

void MemoryPixels::copy_rect(const Rect& rect, RowSource& source, MemoryBuffer& target) {
    const size_t row_bytes = rect.width * kPixel;
    const uint64_t bytes = rect.size().area() * kPixel;
    const bool stream = bytes >= kStreamFrom;
    std::byte* const scratch = scratch_rows(rect.width);
    std::array<RowCopy, RowSource::kAtOnce> rows;
    for (uint32_t y = rect.y, count = 0; y < rect.bottom(); y += count) {
        for (count = 0; count < rows.size() && y + count < rect.bottom(); ++count) {
            rows[count] = {target.row(y + count) + rect.x * kPixel,
                           source.row(rect.x, y + count, rect.width, scratch + count * row_bytes)};
        }
        if (stream) {
            stream_rows({rows.data(), count}, row_bytes);
            continue;
        }
        for (const RowCopy& row : std::span{rows}.first(count)) {
            std::memcpy(row.to, row.from, row_bytes);
        }
    }
    if (stream) {
        stream_fence();
    }
    bytes_copied_ += bytes;
}

Region MemoryPixels::compare_update(const Rect& rect, RowSource& source, MemoryBuffer& target) {
    // Where the target lags behind, the front buffer has the picture to compare with and all of the
    // row must be written; elsewhere the target itself has it and only differences are written.
    Region lagging = target.stale_;
    lagging.intersect(rect);
    Region current{rect};
    current.subtract(lagging);

    std::byte* const scratch = scratch_rows(rect.width);
    SpanCollector changed;
    Region all_changed;
    lagging.for_each([&](const Rect& part) {
        for (uint32_t y = part.y; y < part.bottom(); ++y) {
            const std::byte* from = source.row(part.x, y, part.width, scratch);
            // Copied first, compared after: the guest may change its memory between two looks, and
            // what counts is whether what we show differs from what we showed.
            std::byte* to = target.row(y) + part.x * kPixel;
            std::memcpy(to, from, part.width * kPixel);
            const PixelSpan span = differing_span(to, front_->row(y) + part.x * kPixel, part.width);
            if (!span.empty()) {
                changed.add(y, part.x + span.first, part.x + span.end);
            }
        }
        bytes_copied_ += part.size().area() * kPixel;
        all_changed.add(changed.take());
    });
    current.for_each([&](const Rect& part) {
        for (uint32_t y = part.y; y < part.bottom(); ++y) {
            const std::byte* from = source.row(part.x, y, part.width, scratch);
            std::byte* to = target.row(y) + part.x * kPixel;
            const PixelSpan span = differing_span(to, from, part.width);
            if (!span.empty()) {
                const size_t bytes = (span.end - span.first) * kPixel;
                std::memcpy(to + span.first * kPixel, from + span.first * kPixel, bytes);
                bytes_copied_ += bytes;
                changed.add(y, part.x + span.first, part.x + span.end);
            }
        }
        all_changed.add(changed.take());
    });
    return all_changed;
}

bool MemoryPixels::worth_comparing(const Rect& rect) {
    if (believe_ > 0) {
        believe_ -= std::min(believe_, rect.size().area());
        return false;
    }
    return true;
}

void MemoryPixels::learn_from_comparison(const Rect& rect, const Region& changed) {
    // A comparison of two frames that differ everywhere makes the update a third more expensive
    // (tests/bench). At most every 32nd frame of a video pays for it, and a picture that calms down
    // is noticed within half a second.
    constexpr uint64_t kLongestBelief = 31;
    uint64_t area = rect.size().area();
    uint64_t found = changed.area();
    if (area * 2 < size_.area()) {
        // A piece of an update that is cut, which is no frame: all pieces together are one.
        compared_ += area;
        found_ += found;
        if (compared_ < size_.area()) {
            return;
        }
        area = compared_;
        found = found_;
    }
    compared_ = 0;
    found_ = 0;
    const bool futile = found * 2 >= area;
    futile_comparisons_ = futile ? futile_comparisons_ + 1 : 0;
    if (futile_comparisons_ >= 2) {
        believe_ = std::min(kLongestBelief, (1UL << std::min(futile_comparisons_, 5U)) - 1) * area;
    }
}

Region MemoryPixels::update(const Rect& rect, RowSource& source, Damage damage) {
    assert(rect.inside(size_));
    if (rect.empty()) {
        return {};
    }
    MemoryBuffer& target = writable();
    target.touch(rect);
    Region changed;
    if (damage == Damage::kFind) {
        changed = compare_update(rect, source, target);
    } else if (damage == Damage::kCompare && worth_comparing(rect)) {
        changed = compare_update(rect, source, target);
        learn_from_comparison(rect, changed);
    } else {
        copy_rect(rect, source, target);
        changed = Region{rect};
    }
    target.stale_.subtract(Region{rect});
    if (target.stale_.rect_count() > kMaxAgeRects) {
        catch_up(target);
    }
    for (const auto& buffer : buffers_) {
        if (buffer.get() != &target) {
            buffer->stale_.add(changed);
            if (buffer->stale_.rect_count() > kMaxAgeRects) {
                buffer->stale_ = Region{buffer->stale_.bounds()};
            }
        }
    }
    return changed;
}

void MemoryPixels::catch_up(MemoryBuffer& buffer) {
    if (buffer.stale_.empty() || &buffer == front_) {
        return;
    }
    copy_from_front(buffer, buffer.stale_);
    buffer.stale_.clear();
}

void MemoryPixels::copy_from_front(MemoryBuffer& buffer, const Region& part) {
    part.for_each([&](const Rect& rect) {
        buffer.touch(rect);
        copy_rows(*front_, buffer, rect);
        bytes_copied_ += rect.size().area() * kPixel;
    });
}

uint64_t MemoryPixels::lag() const {
    return back_ != nullptr && back_ != front_ ? back_->stale_.area() : 0;
}

bool MemoryPixels::copy_piece() {
    if (lag() == 0) {
        return false;
    }
    copy_from_front(*back_, take_part(back_->stale_, kPiecePixels));
    return !back_->stale_.empty();
}

bool MemoryPixels::can_publish() const {
    if (back_ == nullptr || buffers_.size() < kMaxBuffers) {
        return true;
    }
    return std::any_of(buffers_.begin(), buffers_.end(),
                       [](const auto& buffer) { return buffer->state() == BufferState::kFree; });
}

bool MemoryPixels::can_update_and_publish() const {
    const auto free =
        static_cast<size_t>(std::count_if(buffers_.begin(), buffers_.end(), [](const auto& buffer) {
            return buffer->state() == BufferState::kFree;
        }));
    // One that is being written is what the update goes to.
    const size_t needed = back_ != nullptr ? 1 : 2;
    return free + (kMaxBuffers - buffers_.size()) >= needed;
}

BufferLease MemoryPixels::publish() {
    assert(can_publish());
    if (back_ != nullptr) {
        catch_up(*back_);
        front_ = std::exchange(back_, nullptr);
    }
    const auto it = std::find_if(buffers_.begin(), buffers_.end(),
                                 [this](const auto& buffer) { return buffer.get() == front_; });
    return BufferLease{*it};
}

const MemoryBuffer& MemoryPixels::latest() {
    if (back_ == nullptr) {
        return *front_;
    }
    catch_up(*back_);
    return *back_;
}

void MemoryPixels::trim() {
    const MemoryBuffer* newest = &latest();
    if (back_ != nullptr && back_ != front_) {
        front_ = back_;  // complete now, so that the old front may go
    }
    std::erase_if(buffers_, [newest](const auto& buffer) {
        return buffer.get() != newest && buffer->state() == BufferState::kFree;
    });
}

}  // namespace oriel
