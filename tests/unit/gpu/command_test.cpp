// SPDX-License-Identifier: MIT
#include "gpu/command.h"

#include <doctest/doctest.h>

#include <cstring>
#include <utility>
#include <vector>

#include "core/byte_reader.h"

namespace {

using namespace oriel;
using namespace oriel::gpu;
using wire::Type;

constexpr size_t kManyEntries = 1000;

std::vector<std::byte> as_bytes(Type type, std::span<const std::byte> structure) {
    std::vector<std::byte> bytes{structure.begin(), structure.end()};
    const auto value = static_cast<uint32_t>(type);
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}

struct Sample {
    QueueKind queue;
    std::vector<std::byte> bytes;
};

/// A correct command of each kind.
std::vector<Sample> samples() {
    std::vector<Sample> all;
    const auto add = [&all](QueueKind queue, Type type, const auto& structure) {
        all.push_back({queue, as_bytes(type, bytes_of(structure))});
    };
    constexpr auto kControl = QueueKind::kControl;
    add(kControl, Type::kGetDisplayInfo, wire::Header{});
    add(kControl, Type::kGetEdid, wire::GetEdid{});
    add(kControl, Type::kResourceCreate2d, wire::ResourceCreate2d{{}, 1, 1, 16, 16});
    add(kControl, Type::kResourceUnref, wire::ResourceUnref{});
    add(kControl, Type::kSetScanout, wire::SetScanout{});
    add(kControl, Type::kResourceFlush, wire::ResourceFlush{});
    add(kControl, Type::kTransferToHost2d, wire::TransferToHost2d{});
    struct {
        wire::ResourceAttachBacking head{{}, 1, 2};
        wire::MemEntry entries[2]{{0x1000, 1, 0}, {0x2000, 2, 0}};
    } attach;
    add(kControl, Type::kResourceAttachBacking, attach);
    add(kControl, Type::kResourceDetachBacking, wire::ResourceUnref{});
    struct {
        wire::ResourceCreateBlob head{{}, 1, wire::kBlobMemGuest, 0, 2, 0, 4096};
        wire::MemEntry entries[2]{{0x1000, 4096, 0}, {0x2000, 4096, 0}};
    } create_blob;
    add(kControl, Type::kResourceCreateBlob, create_blob);
    add(kControl, Type::kSetScanoutBlob,
        wire::SetScanoutBlob{{}, {0, 0, 8, 8}, 0, 1, 8, 8, 1, 0, {32}, {0}});
    add(kControl, Type::kSetScanoutBlob, wire::SetScanoutBlob{});
    add(kControl, Type::kGetCapsetInfo, wire::GetCapsetInfo{});
    add(kControl, Type::kGetCapset, wire::GetCapset{});
    add(QueueKind::kCursor, Type::kUpdateCursor, wire::UpdateCursor{});
    add(QueueKind::kCursor, Type::kMoveCursor, wire::UpdateCursor{});
    return all;
}

template <class T>
T decoded(Type type, std::span<const std::byte> structure, QueueKind queue = QueueKind::kControl) {
    const auto request = decode(as_bytes(type, structure), queue, kManyEntries);
    REQUIRE(request.has_value());
    REQUIRE(request->command.has_value());
    const T* command = std::get_if<T>(&*request->command);
    REQUIRE(command != nullptr);
    return *command;
}

Type error_of(Type type, std::span<const std::byte> structure,
              QueueKind queue = QueueKind::kControl, size_t max_entries = kManyEntries) {
    const auto request = decode(as_bytes(type, structure), queue, max_entries);
    REQUIRE(request.has_value());
    REQUIRE(!request->command.has_value());
    return request->command.error();
}

TEST_CASE("each command is understood") {
    for (const Sample& sample : samples()) {
        const auto request = decode(sample.bytes, sample.queue, kManyEntries);
        REQUIRE(request.has_value());
        CAPTURE(request->header.type);
        CHECK(request->command.has_value());
    }
}

TEST_CASE("each command cut to each length is ERR_INVALID_PARAMETER, or nothing below a header") {
    for (const Sample& sample : samples()) {
        for (size_t length = 0; length < sample.bytes.size(); ++length) {
            // A copy of its own, so that a sanitizer sees a read beyond the end.
            const std::vector<std::byte> cut(sample.bytes.begin(),
                                             sample.bytes.begin() + static_cast<long>(length));
            const auto request = decode(cut, sample.queue, kManyEntries);
            CAPTURE(length);
            if (length < sizeof(wire::Header)) {
                CHECK(!request.has_value());
                continue;
            }
            REQUIRE(request.has_value());
            CAPTURE(request->header.type);
            REQUIRE(!request->command.has_value());
            CHECK(request->command.error() == Type::kErrInvalidParameter);
        }
    }
}

TEST_CASE("bytes behind a command are ignored") {
    for (Sample sample : samples()) {
        sample.bytes.resize(sample.bytes.size() + 100, std::byte{0xff});
        const auto request = decode(sample.bytes, sample.queue, kManyEntries);
        REQUIRE(request.has_value());
        CHECK(request->command.has_value());
    }
}

TEST_CASE("an unknown command, and one of the other queue, is ERR_UNSPEC") {
    for (const uint32_t type : {0U, 0xffU, 0x010bU, 0x010eU, 0x010fU, 0x0200U, 0x0207U, 0x02ffU,
                                0x0302U, 0x1100U, 0xffffffffU}) {
        for (const QueueKind queue : {QueueKind::kControl, QueueKind::kCursor}) {
            CHECK(error_of(static_cast<Type>(type), bytes_of(wire::TransferToHost2d{}), queue) ==
                  Type::kErrUnspec);
        }
    }
    for (const Sample& sample : samples()) {
        const auto other =
            sample.queue == QueueKind::kControl ? QueueKind::kCursor : QueueKind::kControl;
        const auto request = decode(sample.bytes, other, kManyEntries);
        REQUIRE(request.has_value());
        REQUIRE(!request->command.has_value());
        CHECK(request->command.error() == Type::kErrUnspec);
    }
}

TEST_CASE("a 2D resource has one of the eight formats and sides from 1 to 16384") {
    const auto type = Type::kResourceCreate2d;
    for (uint32_t format = 0; format < 300; ++format) {
        const wire::ResourceCreate2d create{{}, 1, format, 16, 16};
        const auto request = decode(as_bytes(type, bytes_of(create)), QueueKind::kControl, 0);
        const bool known = format == 1 || format == 2 || format == 3 || format == 4 ||
                           format == 67 || format == 68 || format == 121 || format == 134;
        CHECK(request->command.has_value() == known);
    }
    for (const Size size : {Size{0, 16}, Size{16, 0}, Size{16385, 1}, Size{1, 16385},
                            Size{0x80000000, 2}, Size{0xffffffff, 0xffffffff}}) {
        CHECK(error_of(type, bytes_of(wire::ResourceCreate2d{{}, 1, 1, size.width, size.height})) ==
              Type::kErrInvalidParameter);
    }
    const auto create = decoded<command::ResourceCreate2d>(
        type, bytes_of(wire::ResourceCreate2d{{}, 7, 67, 16384, 16384}));
    CHECK(create.resource == 7);
    CHECK(create.format == wire::Format::kR8G8B8A8);
    CHECK(create.size == Size{16384, 16384});
}

TEST_CASE("fields arrive where they belong") {
    const auto set = decoded<command::SetScanout>(
        Type::kSetScanout, bytes_of(wire::SetScanout{{}, {1, 2, 3, 4}, 5, 6}));
    CHECK(set.source == Rect{1, 2, 3, 4});
    CHECK(set.scanout == 5);
    CHECK(set.resource == 6);

    const auto transfer = decoded<command::TransferToHost2d>(
        Type::kTransferToHost2d,
        bytes_of(wire::TransferToHost2d{{}, {1, 2, 3, 4}, 0x123456789abc, 6, 0}));
    CHECK(transfer.rect == Rect{1, 2, 3, 4});
    CHECK(transfer.offset == 0x123456789abc);
    CHECK(transfer.resource == 6);

    const auto blob = decoded<command::SetScanoutBlob>(
        Type::kSetScanoutBlob,
        bytes_of(wire::SetScanoutBlob{
            {}, {1, 2, 3, 4}, 5, 6, 16384, 7, 134, 0, {65536, 1, 1, 1}, {0xfffffffc, 1, 1, 1}}));
    CHECK(blob.source == Rect{1, 2, 3, 4});
    CHECK(blob.scanout == 5);
    CHECK(blob.resource == 6);
    CHECK(blob.size == Size{16384, 7});
    CHECK(blob.format == wire::Format::kR8G8B8X8);
    CHECK(blob.stride == 65536);
    CHECK(blob.offset == 0xfffffffc);

    const auto flush = decoded<command::ResourceFlush>(
        Type::kResourceFlush, bytes_of(wire::ResourceFlush{{}, {1, 2, 3, 4}, 9, 0}));
    CHECK(flush.rect == Rect{1, 2, 3, 4});
    CHECK(flush.resource == 9);
}

TEST_CASE("a cursor position may be negative") {
    wire::UpdateCursor wire{};
    wire.pos = {3, 4294967276U, 5, 0};
    wire.resource_id = 8;
    wire.hot_x = 6;
    wire.hot_y = 7;
    const auto update =
        decoded<command::UpdateCursor>(Type::kUpdateCursor, bytes_of(wire), QueueKind::kCursor);
    CHECK(update.scanout == 3);
    CHECK(update.position == Point{-20, 5});
    CHECK(update.hotspot == Point{6, 7});
    CHECK(update.resource == 8);
}

TEST_CASE("backing entries: none, fewer than said, more than allowed") {
    struct {
        wire::ResourceAttachBacking head{};
        wire::MemEntry entries[3]{{0x1000, 10, 0}, {0x2000, 20, 0}, {0x3000, 30, 0}};
    } attach;
    const auto type = Type::kResourceAttachBacking;

    attach.head.nr_entries = 3;
    const auto good = decoded<command::AttachBacking>(type, bytes_of(attach));
    REQUIRE(good.entries.size() == 3);
    CHECK(good.entries[2].address == 0x3000);
    CHECK(good.entries[2].length == 30);

    attach.head.nr_entries = 0;
    CHECK(error_of(type, bytes_of(attach)) == Type::kErrInvalidParameter);
    attach.head.nr_entries = 4;
    CHECK(error_of(type, bytes_of(attach)) == Type::kErrInvalidParameter);
    attach.head.nr_entries = 3;
    CHECK(error_of(type, bytes_of(attach), QueueKind::kControl, 2) == Type::kErrOutOfMemory);
    // 2^28 times 16 bytes is 0 in 32 bits.
    attach.head.nr_entries = 1U << 28;
    CHECK(error_of(type, bytes_of(attach), QueueKind::kControl, SIZE_MAX) ==
          Type::kErrInvalidParameter);
    attach.head.nr_entries = UINT32_MAX;
    CHECK(error_of(type, bytes_of(attach)) == Type::kErrOutOfMemory);
}

TEST_CASE("a blob's entries follow its size, which they have to cover") {
    struct {
        wire::ResourceCreateBlob head{{}, 9, wire::kBlobMemGuest, 2, 2, 0x55, 8000};
        wire::MemEntry entries[2]{{0x1000, 4096, 0}, {0x8000, 4096, 0}};
    } create;
    const auto type = Type::kResourceCreateBlob;
    const auto good = decoded<command::ResourceCreateBlob>(type, bytes_of(create));
    CHECK(good.resource == 9);
    CHECK(good.size == 8000);
    REQUIRE(good.entries.size() == 2);
    CHECK(good.entries[1].address == 0x8000);

    create.head.nr_entries = 1;
    CHECK(error_of(type, bytes_of(create)) == Type::kErrInvalidParameter);
    create.head.nr_entries = 3;
    CHECK(error_of(type, bytes_of(create)) == Type::kErrInvalidParameter);
    create.head.nr_entries = 2;
    CHECK(error_of(type, bytes_of(create), QueueKind::kControl, 1) == Type::kErrOutOfMemory);
    create.head.nr_entries = 1U << 28;
    CHECK(error_of(type, bytes_of(create), QueueKind::kControl, SIZE_MAX) ==
          Type::kErrInvalidParameter);
}

}  // namespace
