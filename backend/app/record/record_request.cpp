// SPDX-License-Identifier: MIT
#include "record/record_request.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "control/json_fields.h"

namespace oriel::app {
namespace {

using nlohmann::json;

Result<RecordChoice> choice_of(const json& request) {
    const auto format = parse_record_format(field_of(request, "format", std::string{}));
    if (!format) {
        return host_error("\"format\" {}", format.error().message());
    }
    const int64_t rate = field_of(request, "rate", int64_t{0});
    if (rate < 1 || rate > kMostRecordRate) {
        return host_error("\"rate\": expected 1 to {}", kMostRecordRate);
    }
    return complete_record_choice({.format = *format,
                                   .rate = static_cast<uint32_t>(rate),
                                   .variable = field_of(request, "variable", false),
                                   .cursor = field_of(request, "cursor", false)},
                                  field_of(request, "codec", std::string{}));
}

/// A recorder may seek in the file of a video, and makes files in a folder.
Result<void> check_file(const RecordChoice& choice, const UniqueFd& file) {
    struct stat status = {};
    if (!file || ::fstat(file.get(), &status) != 0) {
        return host_error("no file came with the request");
    }
    const bool folder = choice.format == RecordFormat::kPngFolder;
    if (folder != S_ISDIR(status.st_mode)) {
        return host_error("the file that came with the request is {} folder", folder ? "no" : "a");
    }
    return {};
}

Result<void> start(const json& request, ScanoutId scanout, const UniqueFd& file,
                   Recordings& recordings) {
    auto choice = choice_of(request);
    if (!choice) {
        return tl::unexpected(choice.error());
    }
    if (auto right = check_file(*choice, file); !right) {
        return right;
    }
    return recordings.start(scanout, {*choice, field_of(request, "file", std::string{"?"})}, file);
}

}  // namespace

json record_start_request(ScanoutId scanout, const RecordChoice& choice, const std::string& file) {
    json request{{"command", "record"},
                 {"do", "start"},
                 {"scanout", scanout},
                 {"file", file.substr(0, kMaxRecordName)},
                 {"format", format_word(choice.format)},
                 {"rate", choice.rate},
                 {"variable", choice.variable},
                 {"cursor", choice.cursor}};
    if (is_video(choice.format)) {
        request["codec"] = codec_word(choice.codec);
    }
    return request;
}

json record_request(ScanoutId scanout, const char* what) {
    return {{"command", "record"}, {"do", what}, {"scanout", scanout}};
}

ControlReply record_reply(const json& request, ScanoutId scanout, const UniqueFd& file,
                          Recordings& recordings) {
    const std::string what = field_of(request, "do", std::string{});
    Result<void> done;
    if (what == "start") {
        done = start(request, scanout, file, recordings);
    } else if (what == "stop") {
        done = recordings.stop(scanout);
    } else if (what != "state") {
        done = host_error("\"do\": expected start, stop or state");
    }
    if (!done) {
        return control_error(done.error().message());
    }
    return {control_line({{"ok", true}, {"recording", recordings.report(scanout)}}), {}};
}

}  // namespace oriel::app
