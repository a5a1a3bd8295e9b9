// SPDX-License-Identifier: MIT
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <variant>
#include <vector>

#include "core/log.h"
#include "core/result.h"
#include "ctl.h"
#include "machine.h"
#include "options.h"
#include "signals.h"

namespace {

using namespace oriel;

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

int run(const app::ServeOptions& options) {
    set_log_level(options.log_level);
    raise_descriptor_limit();
    app::ignore_broken_pipes();
    app::Machine machine{options};
    return machine.run();
}

int run(const app::CtlOptions& options) {
    app::ignore_broken_pipes();
    return app::run_ctl(options);
}

int run(const app::PrintOptions& options) {
    std::fputs(options.text.c_str(), stdout);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return std::visit([](const auto& options) { return run(options); },
                          app::parse_options(std::vector<std::string>{argv + 1, argv + argc}));
    } catch (const StartupError& error) {
        std::fprintf(stderr, "oriel: %s\n", error.what());
        return error.exit_code();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "oriel: %s\n", error.what());
        return 1;
    }
}
