// SPDX-License-Identifier: MIT
#include "sandbox/sandbox.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "call_filter.h"
#include "landlock.h"

namespace oriel::sandbox {
namespace {

/// Root is then a user like others, who owns what root owns.
bool drop_capabilities() {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    const std::array<__user_cap_data_struct, 2> none{};
    return ::syscall(SYS_capset, &header, none.data()) == 0;
}

/// No more descriptors than now, and, where there are no threads, no other process: also where the
/// kernel filters no calls.
bool lower_limits(CallList calls) {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) {
        return false;
    }
    files.rlim_max = files.rlim_cur;
    const rlimit none{};
    return ::setrlimit(RLIMIT_NOFILE, &files) == 0 &&
           (calls != CallList::kHeadless || ::setrlimit(RLIMIT_NPROC, &none) == 0);
}

}  // namespace

Result<std::vector<std::string>> enter(const Rules& rules) {
    std::vector<std::string> missing;
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return system_error("sandbox: no_new_privs");
    }
    if (!drop_capabilities()) {
        return system_error("sandbox: capset");
    }
    if (rules.mode == Mode::kEnforce && !lower_limits(rules.calls)) {
        return system_error("sandbox: setrlimit");
    }
    if (rules.mode == Mode::kEnforce) {
        auto lacks = restrict_files(rules);
        if (!lacks) {
            return tl::unexpected(lacks.error());
        }
        if (!lacks->empty()) {
            missing.push_back(std::move(*lacks));
        }
    }
    if (!has_call_filter()) {
        missing.emplace_back("built without libseccomp: system calls are not filtered");
    }
    if (auto filtered = filter_calls(rules.calls, rules.mode); !filtered) {
        const int code = filtered.error().code;
        // EPERM: a service manager's filter denies a filter of our own.
        if (code != ENOSYS && code != EINVAL && code != EPERM) {
            return tl::unexpected(filtered.error());
        }
        missing.push_back(fmt::format("system calls are not filtered: {}", std::strerror(code)));
    }
    return missing;
}

}  // namespace oriel::sandbox
