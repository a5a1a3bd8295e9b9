// SPDX-License-Identifier: MIT
#include "record/ctl_record.h"

#include <nlohmann/json.hpp>

#include "control/control_server.h"
#include "control/runtime_folder.h"
#include "ctl/ctl.h"
#include "record/record_client.h"

namespace oriel::app {
namespace {

constexpr int kWrongFile = 2;

void start(const CtlOptions& options, const RecordedVm& vm) {
    RecordChoice wanted = options.record;
    const auto format = record_format_of_file(options.file);
    if (!format) {
        throw StartupError{format.error(), kWrongFile};
    }
    wanted.format = *format;
    const auto choice = complete_record_choice(wanted, options.codec);
    if (!choice) {
        throw StartupError{fmt::format("record {}: {}", options.file, choice.error().message()),
                           kWrongFile};
    }
    if (const auto started = start_recording(vm, *choice, options.file); !started) {
        throw StartupError{started.error()};
    }
}

}  // namespace

int run_record(const CtlOptions& options) {
    const auto folder = runtime_folder(Create::kYes);
    if (!folder) {
        throw StartupError{folder.error()};
    }
    const RecordedVm vm{control_socket_path(*folder, options.name), options.name, options.scanout};
    if (!options.record_stop) {
        start(options, vm);
        return 0;
    }
    const auto summary = stop_recording(vm);
    if (!summary) {
        throw StartupError{summary.error()};
    }
    print(options.json ? control_line({{"recorded", summary->recorded},
                                       {"dropped", summary->dropped},
                                       {"left_out", summary->left_out},
                                       {"seconds", summary->seconds}}) +
                             '\n'
                       : summary_text(*summary) + '\n');
    return 0;
}

}  // namespace oriel::app
