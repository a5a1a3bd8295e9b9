// SPDX-License-Identifier: MIT
#include "record/record_client.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "ctl/control_client.h"
#include "record/record_request.h"
#include "record/recorder_process.h"

namespace oriel::app {
namespace {

using nlohmann::json;

constexpr std::chrono::milliseconds kAnswerPatience{10'000};
constexpr std::chrono::milliseconds kBetweenLooks{20};

Result<UniqueFd> open_folder(const std::string& file) {
    if (::mkdir(file.c_str(), 0777) != 0 && errno != EEXIST) {
        return system_error("record {}", file);
    }
    UniqueFd folder{::open(file.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!folder) {
        return system_error("record {}", file);
    }
    std::error_code error;
    const bool empty = std::filesystem::is_empty(file, error);
    if (error || !empty) {
        return host_error("record {}: the folder is not empty", file);
    }
    if (::access(file.c_str(), W_OK | X_OK) != 0) {
        return system_error("record {}", file);
    }
    return folder;
}

uint64_t number(const json& report, const char* name) {
    return static_cast<uint64_t>(std::max<int64_t>(field_of(report, name, int64_t{0}), 0));
}

Result<json> ask(const RecordedVm& vm, const json& request, int file = -1) {
    const auto answer = control_request(vm.socket_path, vm.name, request, kAnswerPatience, file);
    if (!answer) {
        return tl::unexpected(answer.error());
    }
    return answer->field("recording", json::object());
}

}  // namespace

std::string summary_text(const RecordSummary& summary) {
    const std::string late = summary.left_out == 0
                                 ? std::string{}
                                 : fmt::format(", {} repetitions left out", summary.left_out);
    return fmt::format("{} frames in {:.1f} s, {} dropped{}", summary.recorded, summary.seconds,
                       summary.dropped == 0 ? "none" : std::to_string(summary.dropped), late);
}

Result<RecordFormat> record_format_of_file(const std::string& file) {
    struct stat status = {};
    if (file != "-" && ::stat(file.c_str(), &status) == 0) {
        if (S_ISDIR(status.st_mode)) {
            return RecordFormat::kPngFolder;
        }
        if (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)) {
            return RecordFormat::kY4m;
        }
    }
    return record_format_of(file);
}

Result<UniqueFd> open_record_file(const std::string& file, RecordFormat format) {
    if (format == RecordFormat::kPngFolder) {
        return open_folder(file);
    }
    if (file == "-" && ::isatty(STDOUT_FILENO) != 0) {
        return host_error("record -: standard output is a terminal, not a pipe or a file");
    }
    // A video's is read while its end is written.
    const int access = is_video(format) ? O_RDWR : O_WRONLY;
    UniqueFd fd{file == "-" ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                            : ::open(file.c_str(), access | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
    if (!fd) {
        return system_error("record {}", file);
    }
    return fd;
}

Result<void> start_recording(const RecordedVm& vm, const RecordChoice& choice,
                             const std::string& file) {
    // Nothing is made or emptied for a VM that can't be recorded.
    auto before = ask(vm, record_request(vm.scanout, "state"));
    if (!before) {
        return tl::unexpected(before.error());
    }
    const std::string state = field_of(*before, "state", std::string{});
    if (state == "running" || state == "finishing") {
        return host_error("screen {} is being recorded already, to {} (oriel ctl {} record stop)",
                          vm.scanout, field_of(*before, "file", std::string{}), vm.name);
    }
    const bool existed = file == "-" || ::access(file.c_str(), F_OK) == 0;
    const auto output = open_record_file(file, choice.format);
    if (!output) {
        return tl::unexpected(output.error());
    }
    std::error_code ignored;
    const std::filesystem::path whole = std::filesystem::absolute(file, ignored);
    const auto begun =
        ask(vm, record_start_request(vm.scanout, choice, file == "-" ? file : whole.string()),
            output->get());
    if (!begun) {
        if (!existed) {
            std::filesystem::remove(file, ignored);
        }
        return tl::unexpected(begun.error());
    }
    return {};
}

Result<RecordSummary> stop_recording(const RecordedVm& vm) {
    // The process that is asked kills what takes longer.
    const auto deadline =
        std::chrono::steady_clock::now() + RecorderProcess::kPatience + std::chrono::seconds{5};
    auto report = ask(vm, record_request(vm.scanout, "stop"));
    while (report && field_of(*report, "state", std::string{}) == "finishing" &&
           std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(kBetweenLooks);
        report = ask(vm, record_request(vm.scanout, "state"));
    }
    if (!report) {
        return tl::unexpected(report.error());
    }
    const RecordSummary summary{.recorded = number(*report, "recorded"),
                                .dropped = number(*report, "dropped"),
                                .left_out = number(*report, "left_out"),
                                .seconds = report->value("seconds", 0.0)};
    if (field_of(*report, "state", std::string{}) == "done") {
        return summary;
    }
    return host_error("the recording of screen {} failed after {}: {}", vm.scanout,
                      summary_text(summary), field_of(*report, "error", std::string{"no reason"}));
}

}  // namespace oriel::app
