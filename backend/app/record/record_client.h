// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "cli/record_choice.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "scanout/scanout_id.h"

namespace oriel::app {

/// The VM that a client asks: the control socket of its process, and its name.
struct RecordedVm {
    std::string socket_path;
    std::string name;
    ScanoutId scanout = 0;
};

/// What became of a recording.
struct RecordSummary {
    uint64_t recorded = 0;  ///< frames of the guest's
    uint64_t dropped = 0;
    uint64_t left_out = 0;  ///< repetitions
    double seconds = 0;
};
/// For people: "60 frames of 1.0 s, none dropped".
[[nodiscard]] std::string summary_text(const RecordSummary& summary);

/// Opens what a recording is written to: a file is emptied, a folder made; one that has anything
/// in it is refused. A pipe that exists waits for its reader, as in a shell. "-": a copy of
/// standard output.
[[nodiscard]] Result<UniqueFd> open_record_file(const std::string& file, RecordFormat format);

/// What the name of a file says of its format (record_format_of()), or what is there already: a
/// pipe, a folder.
[[nodiscard]] Result<RecordFormat> record_format_of_file(const std::string& file);

/// Opens the file and begins. The error is a line for the user; a new file is removed then.
[[nodiscard]] Result<void> start_recording(const RecordedVm& vm, const RecordChoice& choice,
                                           const std::string& file);
/// Stops, and waits until the file is finished. An error says why it isn't.
[[nodiscard]] Result<RecordSummary> stop_recording(const RecordedVm& vm);

}  // namespace oriel::app
