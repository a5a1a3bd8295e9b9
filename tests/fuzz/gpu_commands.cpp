// SPDX-License-Identifier: MIT
// The commands of gpu_device.cpp's driver.
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/byte_reader.h"
#include "core/ledger.h"
#include "gpu_machine.h"

namespace oriel::test {

using wire::Type;

void GpuMachine::post_bytes(std::span<const std::byte> bytes, uint16_t queue) {
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

void GpuMachine::command(GpuInput& input) {
    const uint32_t id = input.number(6);
    switch (input.byte() % 20) {
        case 0: {
            const Size size{input.number(80), input.number(80)};
            size_of(id) = size;
            post(Type::kResourceCreate2d,
                 wire::ResourceCreate2d{{}, id, input.number(5), size.width, size.height});
            break;
        }
        case 14:
        case 15:
            return whole_frame(input);
        case 16:
            return present(input, id);
        case 17:
            return ask(input);
        case 18:
            return whole_blob(input);
        case 19:
            return long_list(input);
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
            const Rect r = input.rect_in(size_of(id));
            post(Type::kSetScanout,
                 wire::SetScanout{{}, {r.x, r.y, r.width, r.height}, input.number(4), id});
            break;
        }
        case 5:
        case 6: {
            const Rect r = input.rect_in(size_of(id));
            post(Type::kTransferToHost2d,
                 wire::TransferToHost2d{
                     {}, {r.x, r.y, r.width, r.height}, input.offset(30'000), id, 0});
            break;
        }
        case 7: {
            const Rect r = input.rect_in(size_of(id));
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

void GpuMachine::whole_frame(GpuInput& input) {
    const uint32_t id = 1 + input.below(5);
    const Size size{1 + input.below(80), 1 + input.below(60)};
    constexpr std::array<uint32_t, 4> kFormats{1, 2, 67, 134};
    size_of(id) = size;
    post(Type::kResourceCreate2d,
         wire::ResourceCreate2d{{}, id, kFormats[input.below(4)], size.width, size.height});
    const uint32_t count = 1 + input.below(8);
    const auto piece = static_cast<uint32_t>(size.area() * 4 / count + 4 * input.below(3));
    std::vector<std::byte> bytes(sizeof(wire::ResourceAttachBacking) +
                                 count * sizeof(wire::MemEntry));
    ByteWriter writer{bytes};
    wire::ResourceAttachBacking attach{{}, id, count};
    attach.header.type = static_cast<uint32_t>(Type::kResourceAttachBacking);
    writer.write(attach);
    const uint64_t gap = input.below(3) * 4096;
    for (uint64_t at = page_; writer.write(wire::MemEntry{at, piece, 0}); at += piece + gap) {
    }
    post_bytes(bytes, wire::kControlQueue);
    post(Type::kSetScanout,
         wire::SetScanout{{}, {0, 0, size.width, size.height}, input.below(3), id});
    present(input, id);
}

/// The same with guest memory that is the picture, in pages of one piece or of several.
void GpuMachine::whole_blob(GpuInput& input) {
    constexpr uint32_t kPage = 4096;
    const uint32_t id = 1 + input.below(5);
    const Size size{1 + input.below(64), 1 + input.below(60)};
    size_of(id) = size;
    const uint32_t pages = (size.width * size.height * 4 + kPage - 1) / kPage;
    std::vector<std::byte> bytes(sizeof(wire::ResourceCreateBlob) + pages * sizeof(wire::MemEntry));
    ByteWriter writer{bytes};
    wire::ResourceCreateBlob create{{},    id, wire::kBlobMemGuest,    0,
                                    pages, 0,  uint64_t{pages} * kPage};
    create.header.type = static_cast<uint32_t>(Type::kResourceCreateBlob);
    writer.write(create);
    const uint64_t step = (1 + input.below(2)) * kPage;
    uint64_t at = input.below(2) != 0 ? kPluggable : page_;
    while (writer.write(wire::MemEntry{at, kPage, 0})) {
        at += step;
    }
    post_bytes(bytes, wire::kControlQueue);
    wire::SetScanoutBlob set{};
    set.r = {0, 0, size.width, size.height};
    set.scanout_id = input.below(3);
    set.resource_id = id;
    set.width = size.width;
    set.height = size.height;
    set.format = 2;
    set.strides[0] = 4 * size.width;
    post(Type::kSetScanoutBlob, set);
    const Rect r = input.rect_in(size);
    post(Type::kResourceFlush, wire::ResourceFlush{{}, {r.x, r.y, r.width, r.height}, id, 0});
}

/// More pieces than are looked at in one go.
void GpuMachine::long_list(GpuInput& input) {
    constexpr uint32_t kEntries = 4100;
    if (input.byte() % 8 != 7) {
        return ask(input);
    }
    std::vector<std::byte> bytes(sizeof(wire::ResourceAttachBacking) +
                                 kEntries * sizeof(wire::MemEntry));
    ByteWriter writer{bytes};
    wire::ResourceAttachBacking attach{{}, 1 + input.below(5), kEntries};
    attach.header.type = static_cast<uint32_t>(Type::kResourceAttachBacking);
    writer.write(attach);
    const uint32_t step = 4 * input.below(8);
    for (uint64_t at = page_; writer.write(wire::MemEntry{at, 4, 0}); at += step) {
    }
    post_bytes(bytes, wire::kControlQueue);
}

void GpuMachine::present(GpuInput& input, uint32_t id) {
    const Size size = size_of(id);
    const Rect r = input.rect_in(size);
    const uint64_t offset = (uint64_t{r.y} * size.width + r.x) * 4;
    post(Type::kTransferToHost2d,
         wire::TransferToHost2d{{}, {r.x, r.y, r.width, r.height}, offset, id, 0});
    post(Type::kResourceFlush, wire::ResourceFlush{{}, {r.x, r.y, r.width, r.height}, id, 0});
}

void GpuMachine::ask(GpuInput& input) {
    constexpr std::array<Type, 4> kTypes{Type::kGetDisplayInfo, Type::kGetCapsetInfo,
                                         Type::kGetCapset, Type::kGetEdid};
    post(kTypes[input.below(kTypes.size())], wire::GetEdid{{}, input.number(4), 0});
    static_cast<void>(device_.stats());
    static_cast<void>(held_in_all());
}

void GpuMachine::create_blob(GpuInput& input, uint32_t id) {
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

void GpuMachine::set_scanout_blob(GpuInput& input, uint32_t id) {
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

void GpuMachine::cursor_command(GpuInput& input) {
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

}  // namespace oriel::test
