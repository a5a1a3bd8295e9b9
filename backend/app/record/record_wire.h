// SPDX-License-Identifier: MIT
// What this process and the one that writes a recording say to each other: messages on a socket of
// SOCK_SEQPACKET. Both are of one build.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cli/record_choice.h"
#include "scanout/memory_buffer.h"

namespace oriel::app {

constexpr const char* kRecorderProgram = "oriel-recorder";

/// Frames on their way to the recorder, and the one that it writes.
constexpr size_t kFrameSlots = 4;
/// Pixels of a frame: 5K (5120x2880) fits. A slot is no larger.
constexpr uint64_t kMaxFramePixels = uint64_t{16} << 20;
/// Bytes of the name by which messages call the file.
constexpr size_t kMaxRecordName = 512;

enum class ToRecorder : uint32_t {
    kStart,  ///< the first one; with the file, and its name behind
    kFrame,  ///< a picture; with the memory of its slot where that is another one than before
    kStop    ///< the recording ends at `time_ns`, and so does the recorder
};

struct RecorderMessage {
    ToRecorder kind = ToRecorder::kStart;
    // kFrame
    uint32_t slot = 0;
    // kStart: of the video; kFrame: of the picture, whose rows have no padding. px
    uint32_t width = 0;
    uint32_t height = 0;
    uint64_t slot_bytes = 0;  ///< kFrame
    // kStart: the begin, CLOCK_MONOTONIC; else since then.
    int64_t time_ns = 0;
    RecordChoice choice;  ///< kStart
};

enum class FromRecorder : uint32_t {
    kWritten,  ///< a frame; `slot`, if there is such a one, is free again
    kEnded     ///< all is written; or, with a text behind, why it isn't
};

struct RecorderReply {
    FromRecorder kind = FromRecorder::kWritten;
    uint32_t slot = 0;
    uint64_t frames = 0;    ///< in the file so far
    uint64_t left_out = 0;  ///< repetitions that a slow file had no time for
};
constexpr size_t kMaxRecordError = 1024;

}  // namespace oriel::app
