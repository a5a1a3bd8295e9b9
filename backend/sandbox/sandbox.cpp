// SPDX-License-Identifier: MIT
#include "sandbox/sandbox.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "call_filter.h"
#include "landlock.h"

namespace oriel::sandbox {
namespace {

/// What is left out here, and what holds all the same.
struct Account {
    std::vector<std::string> missing;
    std::vector<std::string> holding;
};

/// One line, or nothing if all is there.
std::string text_of(const Account& account) {
    return account.missing.empty()
               ? std::string{}
               : fmt::format("{}; what holds: {}", fmt::join(account.missing, "; "),
                             fmt::join(account.holding, ", "));
}

bool has_capabilities() {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, 2> held{};
    return ::syscall(SYS_capget, &header, held.data()) != 0 ||
           std::any_of(held.begin(), held.end(), [](const __user_cap_data_struct& one) {
               return (one.effective | one.permitted | one.inheritable) != 0;
           });
}

/// Root is then a user like others, who owns what root owns.
Result<void> drop_capabilities(Account& account) {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    const std::array<__user_cap_data_struct, 2> none{};
    if (!has_capabilities() || ::syscall(SYS_capset, &header, none.data()) == 0) {
        account.holding.emplace_back("no capabilities");
        return {};
    }
    // The kernel always lets a process have fewer: a service manager's filter denies the call.
    if (errno != EPERM) {
        return system_error("sandbox: capset");
    }
    account.missing.emplace_back("capabilities are kept, as capset is denied");
    return {};
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

/// Returns whether calls are filtered.
Result<bool> limit_calls(const Rules& rules, Account& account) {
    if (!has_call_filter()) {
        account.missing.emplace_back("system calls are not filtered (built without libseccomp)");
        return false;
    }
    if (auto filtered = filter_calls(rules.calls, rules.mode); !filtered) {
        const int code = filtered.error().code;
        // EPERM: a service manager's filter denies a filter of our own.
        if (code != ENOSYS && code != EINVAL && code != EPERM) {
            return tl::unexpected(filtered.error());
        }
        account.missing.push_back(
            fmt::format("system calls are not filtered (seccomp: {})", std::strerror(code)));
        return false;
    }
    account.holding.emplace_back("the list of system calls");
    return true;
}

}  // namespace

Result<std::string> enter(const Rules& rules) {
    const bool enforced = rules.mode == Mode::kEnforce;
    Account account;
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return system_error("sandbox: no_new_privs");
    }
    account.holding.emplace_back("no new privileges");
    if (auto dropped = drop_capabilities(account); !dropped) {
        return tl::unexpected(dropped.error());
    }
    if (enforced && !lower_limits(rules.calls)) {
        return system_error("sandbox: setrlimit");
    }
    FileLimits files;
    if (enforced) {
        auto limits = restrict_files(rules);
        if (!limits) {
            return tl::unexpected(limits.error());
        }
        files = std::move(*limits);
        if (files.lacks_files.empty()) {
            account.holding.emplace_back("the list of files");
        } else {
            account.missing.push_back(
                fmt::format("files are not restricted (Landlock: {})", files.lacks_files));
        }
    }
    const auto filtered = limit_calls(rules, account);
    if (!filtered) {
        return tl::unexpected(filtered.error());
    }
    // Else the list of calls has none for them.
    if (!*filtered && !files.lacks_others.empty()) {
        account.missing.push_back(std::move(files.lacks_others));
    }
    return text_of(account);
}

}  // namespace oriel::sandbox
