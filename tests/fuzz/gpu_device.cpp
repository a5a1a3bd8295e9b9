// SPDX-License-Identifier: MIT
// A virtio-gpu device under a driver that does anything: the input is a program of commands, ring
// damage, memory map changes, resets and a presenter's answers.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <vector>

#include "core/clock.h"
#include "core/event_loop.h"
#include "core/log.h"
#include "core/memfd.h"
#include "gpu/gpu_device.h"
#include "harness.h"
#include "support/direct_gpu_link.h"
#include "support/gpu_driver.h"
#include "support/memfd_exporter.h"
#include "support/recording_display.h"

namespace {

using namespace oriel;
using namespace oriel::test;
using wire::Type;

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

/// Numbers out of the input; zeros when it is used up.
class Input {
public:
    Input(const uint8_t* data, size_t size) : data_{data}, left_{size} {}
    [[nodiscard]] bool empty() const { return left_ == 0; }
    uint8_t byte() { return take<uint8_t>(); }
    uint32_t below(uint32_t limit) { return take<uint16_t>() % limit; }
    /// Mostly something that makes sense, sometimes anything.
    uint32_t number(uint32_t sensible) { return byte() < 240 ? below(sensible) : take<uint32_t>(); }
    uint64_t offset(uint64_t sensible) {
        return byte() < 240 ? take<uint32_t>() % sensible : take<uint64_t>();
    }
    Rect rect() { return {number(80), number(80), number(80), number(80)}; }
    std::vector<std::byte> bytes(size_t most) {
        std::vector<std::byte> all(below(static_cast<uint32_t>(most)));
        for (std::byte& b : all) {
            b = static_cast<std::byte>(byte());
        }
        return all;
    }

private:
    template <class T>
    T take() {
        T value{};
        const size_t here = std::min(sizeof value, left_);
        std::memcpy(&value, data_, here);
        data_ += here;
        left_ -= here;
        return value;
    }

    const uint8_t* data_;
    size_t left_;
};

class Machine {
public:
    Machine() {
        link_.start(device_);
        page_ = link_.allocate(uint64_t{1} << 20);
        plug();
    }

    void step(Input& input);
    /// Whatever happened: everything is answered in the end, and a reset gives everything back.
    void finish();

private:
    void command(Input& input);
    void create_blob(Input& input, uint32_t id);
    void set_scanout_blob(Input& input, uint32_t id);
    void cursor_command(Input& input);
    void look(Input& input);
    void disturb(Input& input);
    template <class T>
    void post(Type type, const T& body, uint16_t queue = wire::kControlQueue) {
        T typed = body;
        typed.header.type = static_cast<uint32_t>(type);
        typed.header.flags = fences_++ & 1;
        post_bytes(bytes_of(typed), queue);
    }
    void post_bytes(std::span<const std::byte> bytes, uint16_t queue);

    /// Plugs the memory at kPluggable in, or unplugs it.
    void plug() {
        constexpr uint64_t kBytes = 1 << 18;
        if (!link_.memory().unmap(kPluggable, kBytes)) {
            require(link_.memory()
                        .map(kPluggable, kBytes,
                             create_memfd("dimm", kBytes, MemfdSeals::kNone).value(), 0, true)
                        .has_value());
        } else {
            link_.memory().release_unused();
        }
    }
    static constexpr uint64_t kPluggable = uint64_t{4} << 30;

    ManualClock clock_;
    EventLoop loop_{clock_};
    RecordingDisplay display_{3};
    DirectGpuLink link_{loop_};
    MemfdExporter exporter_;
    gpu::GpuDevice device_{loop_,
                           display_,
                           link_.memory(),
                           {.limits = gpu::Limits{.resources = 8,
                                                  .host_bytes = uint64_t{4} << 20,
                                                  .backing_entries = 64,
                                                  .cursor_side = 128},
                            .exporter = &exporter_}};
    uint64_t page_ = 0;
    std::array<FramebufferRef, 4> kept_;
    uint32_t fences_ = 0;
    uint32_t room_ = sizeof(wire::RespEdid);
    bool intact_ = true;  // no ring was damaged since the last reset
    std::vector<GpuLink::Token> tokens_;
};

void Machine::post_bytes(std::span<const std::byte> bytes, uint16_t queue) {
    if (!intact_) {
        return;
    }
    if (tokens_.size() >= 60) {
        device_.catch_up();
        display_.answer();
        for (const GpuLink::Token token : tokens_) {
            require(link_.poll(token).has_value());
        }
        tokens_.clear();
    }
    tokens_.push_back(link_.submit(queue, bytes, room_));
}

void Machine::command(Input& input) {
    const uint32_t id = input.number(6);
    switch (input.byte() % 14) {
        case 0:
            post(Type::kResourceCreate2d,
                 wire::ResourceCreate2d{
                     {}, id, input.number(5), input.number(80), input.number(80)});
            break;
        case 1: {
            const uint32_t count = input.number(5);
            std::vector<std::byte> bytes(sizeof(wire::ResourceAttachBacking) +
                                         (count % 70) * sizeof(wire::MemEntry));
            ByteWriter writer{bytes};
            wire::ResourceAttachBacking attach{{}, id, count};
            attach.header.type = static_cast<uint32_t>(Type::kResourceAttachBacking);
            writer.write(attach);
            while (writer.write(
                wire::MemEntry{page_ + input.offset(1 << 20), input.number(40'000), 0})) {
            }
            post_bytes(bytes, wire::kControlQueue);
            break;
        }
        case 2:
            post(Type::kResourceDetachBacking, wire::ResourceUnref{{}, id, 0});
            break;
        case 3:
            post(Type::kResourceUnref, wire::ResourceUnref{{}, id, 0});
            break;
        case 4: {
            const Rect r = input.rect();
            post(Type::kSetScanout,
                 wire::SetScanout{{}, {r.x, r.y, r.width, r.height}, input.number(4), id});
            break;
        }
        case 5:
        case 6: {
            const Rect r = input.rect();
            post(Type::kTransferToHost2d,
                 wire::TransferToHost2d{
                     {}, {r.x, r.y, r.width, r.height}, input.offset(30'000), id, 0});
            break;
        }
        case 7: {
            const Rect r = input.rect();
            post(Type::kResourceFlush,
                 wire::ResourceFlush{{}, {r.x, r.y, r.width, r.height}, id, 0});
            break;
        }
        case 8:
        case 9:
            create_blob(input, id);
            break;
        case 10:
        case 11:
            set_scanout_blob(input, id);
            break;
        case 12:
            post(Type::kGetEdid, wire::GetEdid{{}, input.number(4), 0});
            break;
        default:
            post_bytes(input.bytes(100), wire::kControlQueue);
            break;
    }
}

void Machine::create_blob(Input& input, uint32_t id) {
    constexpr uint32_t kPage = 4096;
    const uint32_t count = 1 + input.number(6) % 70;
    std::vector<std::byte> bytes(sizeof(wire::ResourceCreateBlob) + count * sizeof(wire::MemEntry));
    ByteWriter writer{bytes};
    wire::ResourceCreateBlob create{{}, id, 1, input.number(8), count, 0, input.offset(60'000)};
    create.blob_mem = input.byte() < 250 ? wire::kBlobMemGuest : input.byte();
    create.header.type = static_cast<uint32_t>(Type::kResourceCreateBlob);
    writer.write(create);
    // Mostly whole pages that don't overlap; those of the first half can be unplugged.
    uint64_t at = (input.below(2) != 0 ? kPluggable : page_) + input.below(16) * kPage;
    for (uint32_t i = 0; i < count; ++i) {
        const uint64_t length = (1 + input.below(3)) * kPage;
        wire::MemEntry entry{at, static_cast<uint32_t>(length), 0};
        at += length + (input.byte() & 1) * kPage;
        if (input.byte() > 245) {
            entry = {page_ + input.offset(1 << 20), input.number(40'000), 0};
        }
        writer.write(entry);
    }
    post_bytes(bytes, wire::kControlQueue);
}

void Machine::set_scanout_blob(Input& input, uint32_t id) {
    constexpr std::array<uint32_t, 9> kFormats{1, 2, 3, 4, 67, 68, 121, 134, 5};
    const Size size{1 + input.number(100), 1 + input.number(60)};
    const Rect r{input.number(4), input.number(4), size.width - input.number(8),
                 size.height - input.number(8)};
    wire::SetScanoutBlob set{};
    set.r = {r.x, r.y, r.width, r.height};
    set.scanout_id = input.number(4);
    set.resource_id = id;
    set.width = size.width;
    set.height = size.height;
    set.format = kFormats[input.below(kFormats.size())];
    set.strides[0] = 4 * (size.width + input.number(3));
    set.offsets[0] = 4 * input.number(100);
    post(Type::kSetScanoutBlob, set);
}

/// As presenters do, with what is shown and with what was once.
void Machine::look(Input& input) {
    const FramebufferRef shown = display_.attached(input.below(3));
    FramebufferRef& kept = kept_[input.byte() % kept_.size()];
    if (shown && (input.byte() & 1) != 0) {
        kept = shown;
    }
    if (kept) {
        require(kept->memory()->latest().size() == kept->size());
        if (kept->dmabuf() != nullptr) {
            const auto& files = kept->dmabuf()->files();
            require(files ? files->front().valid() : !files.error().message().empty());
            const PixelLayout& layout = kept->dmabuf()->layout();
            require(layout.planes[0].stride >= uint64_t{layout.size.width} * 4);
        }
    }
}

void Machine::cursor_command(Input& input) {
    wire::UpdateCursor command{};
    command.pos = {input.number(4), input.number(2000), input.number(2000), 0};
    command.resource_id = input.number(6);
    command.hot_x = input.number(64);
    command.hot_y = input.number(64);
    if (input.byte() < 20) {
        post_bytes(input.bytes(80), wire::kCursorQueue);
    } else {
        post((input.byte() & 1) != 0 ? Type::kUpdateCursor : Type::kMoveCursor, command,
             wire::kCursorQueue);
    }
}

void Machine::disturb(Input& input) {
    switch (input.byte() % 12) {
        case 10:
            plug();
            break;
        case 11:
            look(input);
            break;
        case 0: {
            const uint8_t bits = input.byte();
            display_.hold_flushes((bits & 1) != 0);
            for (ScanoutId scanout = 0; scanout < 3; ++scanout) {
                display_.set_frame_pending(scanout, (bits >> (scanout + 1) & 1) != 0);
            }
            if ((bits & 16) != 0) {
                device_.catch_up();
            }
            break;
        }
        case 1:
            display_.answer(input.below(4));
            break;
        case 2:
            loop_.dispatch(Nanoseconds{0});
            break;
        case 3: {
            // Guest memory changes under the device.
            const auto page = link_.bytes(page_ + input.below(1 << 16), 256);
            const auto bytes = input.bytes(256);
            std::copy(bytes.begin(), bytes.end(), page.begin());
            break;
        }
        case 4:
            if (!link_.memory().unmap(0, 4096)) {
                require(
                    link_.memory()
                        .map(0, 4096, create_memfd("x", 4096, MemfdSeals::kNone).value(), 0, true)
                        .has_value());
            }
            break;
        case 5:
            link_.restart();
            tokens_.clear();
            intact_ = true;
            break;
        case 6:
            if (intact_) {
                display_.answer();
                link_.restart_queue(static_cast<uint16_t>(input.byte() & 1));
                tokens_.clear();
                link_.restart_queue(wire::kControlQueue);
                link_.restart_queue(wire::kCursorQueue);
            }
            break;
        case 7:
            link_.offer_head(static_cast<uint16_t>(input.byte() & 1),
                             static_cast<uint16_t>(input.number(64)));
            link_.kick(static_cast<uint16_t>(input.byte() & 1));
            intact_ = false;
            break;
        case 8:
            room_ = input.number(1100) % 5000;
            break;
        default:
            display_.screen_info(1).preferred.width = 16 + input.below(2000);
            device_.screen_changed(1);
            link_.write_config(input.number(20), input.bytes(8));
            break;
    }
}

void Machine::step(Input& input) {
    const uint8_t kind = input.byte();
    if (kind < 180) {
        command(input);
    } else if (kind < 200) {
        cursor_command(input);
    } else {
        disturb(input);
    }
    display_.forget_calls();
}

void Machine::finish() {
    display_.hold_flushes(false);
    device_.catch_up();
    display_.answer();
    while (loop_.dispatch(Nanoseconds{0})) {
    }
    if (intact_) {
        for (const GpuLink::Token token : tokens_) {
            require(link_.answered(token));
        }
        require(!link_.needs_reset());
        require(device_.stats().flushes_waiting == 0);
    }
    link_.restart();
    const gpu::Stats stats = device_.stats();
    require(stats.resources == 0 && stats.host_bytes == 0 && stats.backing_entries == 0);
    require(stats.blobs == 0 && stats.blob_bytes == 0);
    require(display_.attached(0) == nullptr && display_.attached(1) == nullptr);
}

}  // namespace

void oriel::test::play(const uint8_t* data, size_t size) {
    Machine machine;
    Input input{data, size};
    while (!input.empty()) {
        const Turn turn;
        machine.step(input);
    }
    machine.finish();
}
