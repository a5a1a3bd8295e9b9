// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <variant>
#include <vector>

#include "cli/options.h"
#include "core/journal.h"
#include "core/log.h"
#include "core/log_fields.h"
#include "core/result.h"
#include "core/text.h"
#include "ctl/ctl.h"
#include "kiosk/kiosk.h"
#include "record/ctl_record.h"
#include "screen_wait/ctl_wait.h"
#include "serve/dbus_viewer.h"
#include "serve/machine.h"
#include "serve/run_plan.h"
#include "serve/signals.h"
#include "test_run/test_run.h"
#include "top/top.h"
#include "trace/trace_diff.h"
#include "view/view.h"

namespace {

using namespace oriel;

/// Where standard descriptors are closed, the next files that are opened would get their numbers:
/// log lines would go to a guest's video memory or into a VMM's messages. They are opened for the
/// other direction here, so that reading or writing fails as it does on a closed one.
void occupy_standard_descriptors() {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(fd, F_GETFD) < 0) {
            // open() takes the lowest free number, which is `fd`. It stays open.
            static_cast<void>(::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY));
        }
    }
}

/// Frame buffers are memfds, and a guest may have a thousand resources: with the usual soft limit
/// it could take the descriptors away that VMM and control socket need.
void raise_descriptor_limit() {
    constexpr rlim_t kEnough = 8192;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < kEnough) {
        limit.rlim_cur = std::min(kEnough, limit.rlim_max);
        if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
            log_debug("app", "the limit of open files stays as it is");
        }
    }
}

/// What start-up has allocated and freed again (a third of the heap: options, the keymap, the
/// theme's files) goes back to the kernel: with many VMs each page counts as often as there are
/// VMs.
void return_free_memory() {
#ifdef __GLIBC__
    static_cast<void>(::malloc_trim(0));
#endif
}

/// For programs that a service manager may have started.
void prepare_log(LogLevel level) {
    set_log_level(level);
    if (stderr_is_journal()) {
        log_to_journal();
    }
}

int run(const app::ServeOptions& given) {
    prepare_log(given.log_level);
    set_log_vm(given.name);
    const app::ServeOptions options = app::planned_run(given);
    raise_descriptor_limit();
    app::ignore_broken_pipes();
    if (options.dbus) {
        app::DbusViewer viewer{options};
        return_free_memory();
        return viewer.run();
    }
    app::Machine machine{options};
    return_free_memory();
    return machine.run();
}

int run(const app::ViewOptions& options) {
    set_log_level(options.serve.log_level);
    app::ignore_broken_pipes();
    return app::prepare_view(options) ? run(options.serve) : 0;
}

int run(const app::CtlOptions& options) {
    app::ignore_broken_pipes();
    switch (options.command) {
        case app::CtlOptions::Command::kWait:
            return app::run_wait(options);
        case app::CtlOptions::Command::kRecord:
            return app::run_record(options);
        default:
            return app::run_ctl(options);
    }
}

int run(const app::TestOptions& options) {
    app::ignore_broken_pipes();
    return app::run_tests(options);
}

int run(const app::TraceOptions& options) {
    app::ignore_broken_pipes();
    return app::run_trace(options);
}

int run(const app::TopOptions& options) {
    app::ignore_broken_pipes();
    return app::run_top(options);
}

int run(const app::KioskOptions& options) {
    prepare_log(options.log_level);
    app::ignore_broken_pipes();
    return app::run_kiosk(options);
}

int run(const app::PrintOptions& options) {
    app::print(options.text);
    return 0;
}

int fail(const std::exception& error, int exit_code) {
    std::fprintf(stderr, "oriel: %s\n", printable(error.what()).c_str());
    return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
    occupy_standard_descriptors();
    try {
        return std::visit([](const auto& options) { return run(options); },
                          app::parse_options(std::vector<std::string>{argv + 1, argv + argc}));
    } catch (const StartupError& error) {
        return fail(error, error.exit_code());
    } catch (const std::exception& error) {
        return fail(error, 1);
    }
}
