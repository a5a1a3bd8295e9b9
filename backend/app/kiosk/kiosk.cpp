// SPDX-License-Identifier: MIT
#include "kiosk/kiosk.h"

#include <cstdio>

#include "control/runtime_folder.h"
#include "core/result.h"
#include "core/text.h"
#include "ctl/ctl.h"
#include "kiosk/kiosk_file.h"
#include "kiosk/supervisor.h"

namespace oriel::app {
namespace {

constexpr int kMistakes = 2;

/// `--check`: where the file's sockets would be doesn't matter.
int check(const std::string& path) {
    const auto text = load_kiosk_file(path);
    if (!text) {
        throw StartupError{text.error(), kMistakes};
    }
    const auto folder = runtime_folder(Create::kNo);
    const KioskFile file = read_kiosk_file(*text, folder.value_or("/run/oriel"));
    for (const Mistake& mistake : file.mistakes) {
        std::fprintf(stderr, "%s\n", printable(to_line(path, mistake)).c_str());
    }
    if (!file.mistakes.empty()) {
        return kMistakes;
    }
    for (const std::string& line : file.warnings) {
        print(fmt::format("{}: {}\n", path, printable(line)));
    }
    print(fmt::format("{}: {} VMs, no mistakes\n", path, file.vms.size()));
    return 0;
}

}  // namespace

int run_kiosk(const KioskOptions& options) {
    if (options.check) {
        return check(options.file);
    }
    Supervisor supervisor{options};
    return supervisor.run();
}

}  // namespace oriel::app
