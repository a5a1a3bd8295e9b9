// SPDX-License-Identifier: MIT
#include "recorder/matroska_stream.h"

#include <cstdint>
#include <cstring>
#include <string_view>

namespace oriel::app::recorder {
namespace {

using Bytes = std::vector<std::byte>;

// Elements, as they are written.
enum class Id : uint32_t {
    kEbml = 0x1A45DFA3,
    kDocType = 0x4282,
    kDocTypeVersion = 0x4287,
    kDocTypeReadVersion = 0x4285,
    kSegment = 0x18538067,
    kInfo = 0x1549A966,
    kTimestampScale = 0x2AD7B1,
    kMuxingApp = 0x4D80,
    kWritingApp = 0x5741,
    kTracks = 0x1654AE6B,
    kTrackEntry = 0xAE,
    kTrackNumber = 0xD7,
    kTrackUid = 0x73C5,
    kTrackType = 0x83,
    kFlagLacing = 0x9C,
    kCodecId = 0x86,
    kVideo = 0xE0,
    kPixelWidth = 0xB0,
    kPixelHeight = 0xBA,
    kUncompressedFourcc = 0x2EB524,
    kCluster = 0x1F43B675,
    kTimestamp = 0xE7,
    kSimpleBlock = 0xA3,
};

constexpr uint64_t kMicrosecond = 1'000;
constexpr size_t kLengthBytes = 8;
/// A length that nobody knows yet: up to the end of the stream.
constexpr uint64_t kUnknown = 0x00ffffffffffffff;

void put_number(Bytes& to, uint64_t value, size_t bytes) {
    for (size_t i = bytes; i-- > 0;) {
        to.push_back(static_cast<std::byte>(value >> (8 * i) & 0xff));
    }
}

void put_id(Bytes& to, Id id) {
    const auto value = static_cast<uint32_t>(id);
    const size_t bytes = value > 0xffffff ? 4 : value > 0xffff ? 3 : value > 0xff ? 2 : 1;
    put_number(to, value, bytes);
}

void put_length(Bytes& to, uint64_t length) {
    put_number(to, uint64_t{1} << 56 | length, kLengthBytes);
}

void put(Bytes& to, Id id, uint64_t value) {
    put_id(to, id);
    put_length(to, sizeof value);
    put_number(to, value, sizeof value);
}

void put(Bytes& to, Id id, std::span<const std::byte> content) {
    put_id(to, id);
    put_length(to, content.size());
    to.insert(to.end(), content.begin(), content.end());
}

void put(Bytes& to, Id id, std::string_view text) {
    put(to, id, std::as_bytes(std::span{text}));
}

}  // namespace

Bytes matroska_head(Size size) {
    Bytes ebml;
    put(ebml, Id::kDocType, std::string_view{"matroska"});
    put(ebml, Id::kDocTypeVersion, 4);
    put(ebml, Id::kDocTypeReadVersion, 2);
    Bytes info;
    put(info, Id::kTimestampScale, kMicrosecond);
    put(info, Id::kMuxingApp, std::string_view{"oriel"});
    put(info, Id::kWritingApp, std::string_view{"oriel"});
    Bytes video;
    put(video, Id::kPixelWidth, size.width);
    put(video, Id::kPixelHeight, size.height);
    put(video, Id::kUncompressedFourcc, std::string_view{"BGRA"});
    Bytes track;
    put(track, Id::kTrackNumber, 1);
    put(track, Id::kTrackUid, 1);
    put(track, Id::kTrackType, 1);  // video
    put(track, Id::kFlagLacing, 0);
    put(track, Id::kCodecId, std::string_view{"V_UNCOMPRESSED"});
    put(track, Id::kVideo, video);
    Bytes tracks;
    put(tracks, Id::kTrackEntry, track);
    Bytes head;
    put(head, Id::kEbml, ebml);
    put_id(head, Id::kSegment);
    put_length(head, kUnknown);
    put(head, Id::kInfo, info);
    put(head, Id::kTracks, tracks);
    return head;
}

/// Each is a cluster of its own: a block's time counts from its cluster's, in 16 bits.
Bytes matroska_frame_head(Nanoseconds time, size_t bytes) {
    Bytes timestamp;
    put(timestamp, Id::kTimestamp, static_cast<uint64_t>(time.count()) / kMicrosecond);
    Bytes block;
    constexpr uint8_t kTrack = 0x81;  // number 1
    constexpr uint8_t kKeyframe = 0x80;
    put_number(block, kTrack, 1);
    put_number(block, 0, 2);
    put_number(block, kKeyframe, 1);
    Bytes simple_block;
    put_id(simple_block, Id::kSimpleBlock);
    put_length(simple_block, block.size() + bytes);
    Bytes head;
    put_id(head, Id::kCluster);
    put_length(head, timestamp.size() + simple_block.size() + block.size() + bytes);
    for (const Bytes* part : {&timestamp, &simple_block, &block}) {
        head.insert(head.end(), part->begin(), part->end());
    }
    return head;
}

}  // namespace oriel::app::recorder
