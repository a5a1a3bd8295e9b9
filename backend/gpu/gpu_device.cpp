// SPDX-License-Identifier: MIT
#include "gpu/gpu_device.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <map>
#include <utility>
#include <variant>
#include <vector>

#include "core/byte_reader.h"
#include "core/log.h"
#include "core/memfd.h"
#include "executor.h"
#include "gpu/command.h"
#include "guest/udmabuf.h"
#include "used_notices.h"

namespace oriel::gpu {
namespace {

using virtio::Chain;
using virtio::Virtqueue;
using wire::Type;

constexpr uint16_t kControlQueueSize = 256;
constexpr uint16_t kCursorQueueSize = 64;

// A guest that fills its queue as fast as it is emptied must not keep the loop from everything
// else.
constexpr Nanoseconds kMaxTurn{4'000'000};

// A compositor that keeps its refresh rate is never late for this; Weston 10's headless output,
// which says 60 Hz and shows 39, isn't either.
constexpr int64_t kHeldPeriods = 2;
constexpr Nanoseconds kHeldAtMost{100'000'000};

/// What has to be negotiated for a command.
uint64_t feature_of(Type type) {
    switch (type) {
        case Type::kGetEdid:
            return wire::kFeatureEdid;
        case Type::kResourceCreateBlob:
        case Type::kSetScanoutBlob:
            return wire::kFeatureResourceBlob;
        default:
            return 0;
    }
}

/// Configuration bytes that the driver writes (5.7.4).
constexpr size_t kEventsClearAt = offsetof(wire::Config, events_clear);

}  // namespace

/// The queues: takes commands off, answers them now or when the presenter is done.
class GpuDevice::Impl final : public FlushOwner {
public:
    Impl(GpuDevice& device, EventLoop& loop, Display& display, const guest::GuestMemory& memory,
         Options options)
        : device_{device},
          loop_{loop},
          display_{display},
          on_reset_{std::move(options.on_reset)},
          blobs_{options.blobs},
          executor_{loop,
                    display,
                    memory,
                    options.exporter != nullptr ? *options.exporter : udmabuf_,
                    options.limits.value_or(Limits::for_screens(display.scanout_count())),
                    std::move(options.monitor_name)},
          held_timer_{loop, [this] { catch_up(); }} {
        for (ScanoutId scanout = 0; scanout < executor_.scanout_count(); ++scanout) {
            screens_[scanout] = display_.screen(scanout);
        }
    }

    [[nodiscard]] wire::Config config() const {
        return {events_read_, 0, executor_.scanout_count(), 0,
                blobs_ ? static_cast<uint32_t>(page_size()) : 0};
    }
    [[nodiscard]] uint64_t features() const {
        return wire::kFeatureEdid |
               (blobs_ ? wire::kFeatureResourceBlob | wire::kFeatureBlobAlignment : 0);
    }
    void clear_events(uint32_t events) { events_read_ &= ~events; }

    void kicked(uint16_t index);
    void catch_up();
    void forget_held();
    void reset();
    void screen_changed(ScanoutId scanout);

    [[nodiscard]] const Executor& executor() const { return executor_; }
    [[nodiscard]] Stats stats() const;

private:
    struct Request {
        Chain chain;
        wire::Header header{};
    };
    /// Flushes of a resource whose answers wait for presenters.
    struct HeldFlush {
        std::vector<Request> requests;
        size_t waiting = 1;  // one for the commands themselves, while they are being carried out
    };
    /// Not carried out yet.
    struct HeldUpdate {
        Request request;
        std::variant<command::TransferToHost2d, command::ResourceFlush> command;
    };

    struct Popped {
        bool any = false;
        bool broken = false;
    };
    [[nodiscard]] Popped pop_all(uint16_t index, Virtqueue& queue);
    void process(uint16_t index, Virtqueue& queue);
    [[nodiscard]] std::span<const std::byte> copy_out(const Virtqueue& queue);
    [[nodiscard]] bool hold_back(const Command& command, const wire::Header& header);
    [[nodiscard]] Nanoseconds longest_hold() const;
    void carry_out_updates();
    void answer(const Request& request, Type type);
    void complete(Virtqueue& queue, const Chain& chain, Type type, Response& response,
                  const wire::Header& header);
    void tell();
    /// The completion of a flush; `held` becomes its number, and stays it for other scanouts.
    [[nodiscard]] FlushDone hold(uint64_t& held);
    /// The commands themselves are carried out: whether a presenter still has to answer `held`.
    [[nodiscard]] bool waits(uint64_t held);
    void flush_done(uint64_t held) override;
    void report(const wire::Header& header, Type error);

    GpuDevice& device_;
    EventLoop& loop_;
    Display& display_;
    std::function<void()> on_reset_;
    bool blobs_;
    guest::Udmabuf udmabuf_;
    Executor executor_;
    Stats stats_;
    LogLimiter log_limiter_;
    uint32_t events_read_ = 0;
    /// What the driver could know of the screens.
    std::array<ScreenInfo, kMaxScanouts> screens_;
    /// Kept for their capacity: the request at hand and the bytes of it.
    Chain chain_;
    std::vector<std::byte> request_;
    bool in_batch_ = false;
    bool catching_up_ = false;
    UsedNotices notices_;
    uint64_t flushes_waiting_ = 0;
    /// In the queue's order; not more than the queue has entries.
    std::vector<HeldUpdate> updates_;
    Timer held_timer_;
    /// Held weakly by what runs later: a deferred call, and, for answers_, the presenter.
    std::shared_ptr<Impl*> alive_ = std::make_shared<Impl*>(this);
    WeakOwner<FlushOwner> answers_{this};
    std::map<uint64_t, HeldFlush> held_flushes_;
    uint64_t last_held_ = 0;
};

void GpuDevice::Impl::kicked(uint16_t index) {
    Virtqueue& queue = device_.transport().queue(index);
    // Only completions of this queue are signalled below.
    const bool control = index == wire::kControlQueue;
    in_batch_ = control;
    notices_.begin(flushes_waiting_);
    const Popped popped = pop_all(index, queue);
    if (catching_up_) {
        carry_out_updates();
    }
    in_batch_ = false;
    if (!control) {
        if (popped.any) {
            device_.transport().signal_used(index);
        }
    } else if (notices_.due(flushes_waiting_, queue.layout().size)) {
        tell();
    }
    if (popped.broken) {
        ++stats_.ring_errors;
        device_.transport().needs_reset(queue.error());
    }
}

void GpuDevice::Impl::catch_up() {
    if (updates_.empty()) {
        return;
    }
    catching_up_ = true;
    kicked(wire::kControlQueue);
    catching_up_ = false;
}

GpuDevice::Impl::Popped GpuDevice::Impl::pop_all(uint16_t index, Virtqueue& queue) {
    const TimePoint until = loop_.clock().now() + kMaxTurn;
    Popped popped;
    for (;;) {
        const bool spare_kicks = index == wire::kControlQueue && !updates_.empty() &&
                                 !catching_up_ && executor_.shown_count() == 1;
        const Virtqueue::Pop pop =
            queue.pop(chain_, spare_kicks ? Virtqueue::Kicks::kSpare : Virtqueue::Kicks::kWanted);
        if (pop != Virtqueue::Pop::kChain) {
            popped.broken = pop == Virtqueue::Pop::kError;
            return popped;
        }
        process(index, queue);
        popped.any = true;
        if (loop_.clock().now() >= until) {
            loop_.defer([index, weak = std::weak_ptr{alive_}] {
                if (const auto self = weak.lock()) {
                    (*self)->kicked(index);
                }
            });
            return popped;
        }
    }
}

std::span<const std::byte> GpuDevice::Impl::copy_out(const Virtqueue& queue) {
    // The longest command that can be right: entries beyond the limit are refused unread.
    const uint64_t most =
        sizeof(wire::ResourceCreateBlob) + executor_.free_entries() * sizeof(wire::MemEntry);
    const uint64_t readable = chain_.readable_bytes;
    request_.resize(std::min<uint64_t>(readable, kMaxFixedBytes));
    if (!queue.read(chain_, 0, request_)) {
        return {};
    }
    const auto header = ByteReader{request_}.read<wire::Header>();
    const uint64_t wanted = std::min(readable, most);
    if (header && has_entries(*header) && wanted > request_.size()) {
        // Only what is not here yet: nothing is fetched twice.
        const size_t have = request_.size();
        request_.resize(wanted);
        if (!queue.read(chain_, have, std::span{request_}.subspan(have))) {
            return {};
        }
    }
    return request_;
}

void GpuDevice::Impl::process(uint16_t index, Virtqueue& queue) {
    const auto kind = index == wire::kControlQueue ? QueueKind::kControl : QueueKind::kCursor;
    auto request = decode(copy_out(queue), kind, executor_.free_entries());
    Response response;
    if (!request) {
        stats_.count_command(0);
        report({}, Type::kErrUnspec);
        complete(queue, chain_, Type::kErrUnspec, response, {});
        return;
    }
    const wire::Header& header = request->header;
    stats_.count_command(header.type);
    if (kind == QueueKind::kControl) {
        if (request->command && hold_back(*request->command, header)) {
            return;
        }
        carry_out_updates();
    }

    uint64_t held = 0;
    const auto make_done = [this, &held] { return hold(held); };
    const uint64_t needed = feature_of(static_cast<Type>(header.type));
    Type type = Type::kErrUnspec;
    if ((needed & ~(device_.transport().negotiated() & features())) != 0) {
        // As a command that doesn't exist.
    } else if (!request->command) {
        type = request->command.error();
    } else {
        type = executor_.execute(std::move(*request->command), response, std::cref(make_done));
    }
    if (type >= Type::kErrUnspec) {
        report(header, type);
    }
    if (waits(held)) {
        held_flushes_[held].requests.push_back({std::exchange(chain_, {}), header});
        ++flushes_waiting_;
        return;
    }
    complete(queue, chain_, type, response, header);
}

bool GpuDevice::Impl::hold_back(const Command& command, const wire::Header& header) {
    if (const auto* transfer = std::get_if<command::TransferToHost2d>(&command)) {
        // What comes while the held ones are being collected joins them.
        if (!executor_.can_wait(*transfer, !catching_up_)) {
            return false;
        }
        updates_.push_back({{std::exchange(chain_, {}), header}, *transfer});
    } else if (const auto* flush = std::get_if<command::ResourceFlush>(&command)) {
        const bool follows =
            std::any_of(updates_.begin(), updates_.end(), [flush](const HeldUpdate& update) {
                const auto* before = std::get_if<command::TransferToHost2d>(&update.command);
                return before != nullptr && before->resource == flush->resource;
            });
        if (!follows || !executor_.can_wait(*flush)) {
            return false;
        }
        updates_.push_back({{std::exchange(chain_, {}), header}, *flush});
    } else {
        return false;
    }
    if (!held_timer_.deadline()) {
        held_timer_.arm_after(longest_hold());
    }
    return true;
}

Nanoseconds GpuDevice::Impl::longest_hold() const {
    const auto slowest = std::min_element(
        screens_.begin(), screens_.begin() + executor_.scanout_count(),
        [](const ScreenInfo& a, const ScreenInfo& b) { return a.refresh_mhz < b.refresh_mhz; });
    const auto periods =
        Nanoseconds{kHeldPeriods * 1'000'000'000'000 / std::max<int64_t>(slowest->refresh_mhz, 1)};
    return std::min(periods, kHeldAtMost);
}

void GpuDevice::Impl::carry_out_updates() {
    if (updates_.empty()) {
        return;
    }
    held_timer_.disarm();
    struct Joined {
        Region copied;
        Region flushed;
        std::vector<Request> flushes;
    };
    std::map<uint32_t, Joined> resources;
    for (HeldUpdate& update : std::exchange(updates_, {})) {
        if (const auto* transfer = std::get_if<command::TransferToHost2d>(&update.command)) {
            Joined& joined = resources[transfer->resource];
            answer(update.request, executor_.transfer_rest(*transfer, joined.copied));
        } else if (const auto* flush = std::get_if<command::ResourceFlush>(&update.command)) {
            Joined& joined = resources[flush->resource];
            joined.flushed.add(flush->rect);
            joined.flushes.push_back(std::move(update.request));
        }
    }
    for (auto& [id, joined] : resources) {
        if (joined.flushes.empty()) {
            continue;
        }
        stats_.flushes_merged += joined.flushes.size() - 1;
        uint64_t held = 0;
        executor_.flush(id, joined.flushed, [this, &held] { return hold(held); });
        if (waits(held)) {
            flushes_waiting_ += joined.flushes.size();
            held_flushes_[held].requests = std::move(joined.flushes);
            continue;
        }
        for (const Request& request : joined.flushes) {
            answer(request, Type::kOkNodata);
        }
    }
}

void GpuDevice::Impl::answer(const Request& request, Type type) {
    if (type >= Type::kErrUnspec) {
        report(request.header, type);
    }
    Response response;
    complete(device_.transport().queue(wire::kControlQueue), request.chain, type, response,
             request.header);
}

void GpuDevice::Impl::complete(Virtqueue& queue, const Chain& chain, Type type, Response& response,
                               const wire::Header& header) {
    queue.complete(chain, response.finish(type, header));
    notices_.answered(header);
}

void GpuDevice::Impl::tell() {
    notices_.told();
    device_.transport().signal_used(wire::kControlQueue);
}

FlushDone GpuDevice::Impl::hold(uint64_t& held) {
    if (held == 0) {
        held = ++last_held_;
    }
    ++held_flushes_[held].waiting;
    return {answers_.get(), held};
}

bool GpuDevice::Impl::waits(uint64_t held) {
    const auto it = held_flushes_.find(held);
    if (it == held_flushes_.end()) {
        return false;
    }
    if (--it->second.waiting == 0) {
        held_flushes_.erase(it);
        return false;
    }
    return true;
}

void GpuDevice::Impl::flush_done(uint64_t held) {
    const auto it = held_flushes_.find(held);
    if (it == held_flushes_.end() || --it->second.waiting > 0) {
        return;
    }
    const HeldFlush done = std::move(it->second);
    held_flushes_.erase(it);
    flushes_waiting_ -= done.requests.size();
    for (const Request& request : done.requests) {
        answer(request, Type::kOkNodata);
    }
    if (!in_batch_) {
        tell();
    }
}

void GpuDevice::Impl::report(const wire::Header& header, Type error) {
    stats_.count_error(error);
    if (!log_limiter_.admit(loop_.clock().now())) {
        return;
    }
    log_warn("gpu", "the guest's command 0x{:x} ({}) gets {}", header.type,
             to_string(static_cast<Type>(header.type)), to_string(error));
    if (log_limiter_.suppressed() != 0) {
        log_warn("gpu", "{} lines like that were left out", log_limiter_.suppressed());
    }
}

void GpuDevice::Impl::forget_held() {
    answers_.revoke();
    held_flushes_.clear();
    flushes_waiting_ = 0;
    notices_.told();
    updates_.clear();
    held_timer_.disarm();
}

void GpuDevice::Impl::reset() {
    // First, so that what a display answers while it gives the screen up reaches nobody.
    forget_held();
    if (on_reset_) {
        on_reset_();
    }
    executor_.reset();
    events_read_ = 0;
}

void GpuDevice::Impl::screen_changed(ScanoutId scanout) {
    if (scanout >= executor_.scanout_count()) {
        return;
    }
    const ScreenInfo now = display_.screen(scanout);
    if (std::exchange(screens_[scanout], now) == now) {
        return;
    }
    events_read_ |= wire::kEventDisplay;
    device_.transport().config_changed();
}

Stats GpuDevice::Impl::stats() const {
    Stats stats = stats_;
    stats.flushes_without_damage = executor_.flushes_without_damage();
    stats.transferred_bytes = executor_.transferred_bytes();
    stats.cursor_updates = executor_.cursors().updates();
    stats.flushes_waiting = flushes_waiting_;
    stats.updates_held = updates_.size();
    stats.resources = executor_.resources().count();
    stats.blobs = executor_.resources().blob_count();
    stats.blob_bytes = executor_.resources().blob_bytes();
    stats.host_bytes = executor_.resources().host_bytes();
    stats.backing_entries = executor_.resources().backing_entries();
    return stats;
}

GpuDevice::GpuDevice(EventLoop& loop, Display& display, const guest::GuestMemory& memory,
                     Options options)
    : impl_{std::make_unique<Impl>(*this, loop, display, memory, std::move(options))} {}

GpuDevice::~GpuDevice() = default;

uint16_t GpuDevice::device_id() const {
    return wire::kDeviceId;
}

uint64_t GpuDevice::features() const {
    return impl_->features();
}

uint16_t GpuDevice::queue_count() const {
    return wire::kQueueCount;
}

uint16_t GpuDevice::queue_size_max(uint16_t index) const {
    return index == wire::kControlQueue ? kControlQueueSize : kCursorQueueSize;
}

void GpuDevice::read_config(uint32_t offset, std::span<std::byte> bytes) {
    const wire::Config config = impl_->config();
    const auto all = bytes_of(config);
    for (size_t i = 0; i < bytes.size(); ++i) {
        const uint64_t at = uint64_t{offset} + i;
        bytes[i] = at < all.size() ? all[at] : std::byte{0};
    }
}

void GpuDevice::write_config(uint32_t offset, std::span<const std::byte> bytes) {
    uint32_t clear = 0;
    for (size_t i = 0; i < bytes.size(); ++i) {
        const uint64_t at = uint64_t{offset} + i;
        if (at >= kEventsClearAt && at < kEventsClearAt + sizeof clear) {
            clear |= std::to_integer<uint32_t>(bytes[i]) << (8 * (at - kEventsClearAt));
        }
    }
    impl_->clear_events(clear);
}

void GpuDevice::kicked(uint16_t index) {
    if (index < wire::kQueueCount) {
        impl_->kicked(index);
    }
}

void GpuDevice::queue_reset(uint16_t index) {
    if (index == wire::kControlQueue) {
        impl_->forget_held();
    }
}

void GpuDevice::reset() {
    impl_->reset();
}

void GpuDevice::catch_up() {
    impl_->catch_up();
}

void GpuDevice::screen_changed(ScanoutId scanout) {
    impl_->screen_changed(scanout);
}

edid::Blob GpuDevice::edid(ScanoutId scanout) const {
    return impl_->executor().edid(scanout);
}

Stats GpuDevice::stats() const {
    return impl_->stats();
}

}  // namespace oriel::gpu
