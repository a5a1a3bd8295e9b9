// SPDX-License-Identifier: MIT
#include "landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "core/unique_fd.h"

// The C library has no functions for these, and Debian 12's headers lack what came after Linux 6.1.

namespace oriel::sandbox {
namespace {

/// struct landlock_ruleset_attr of Linux 6.12. An older kernel takes a shorter one.
struct RulesetAttributes {
    uint64_t files = 0;
    uint64_t network = 0;
    uint64_t scopes = 0;
};

constexpr uint64_t kTruncate = 1ULL << 14;        // LANDLOCK_ACCESS_FS_TRUNCATE
constexpr uint64_t kIoctlDevice = 1ULL << 15;     // LANDLOCK_ACCESS_FS_IOCTL_DEV
constexpr uint64_t kBindTcp = 1ULL << 0;          // LANDLOCK_ACCESS_NET_BIND_TCP
constexpr uint64_t kConnectTcp = 1ULL << 1;       // LANDLOCK_ACCESS_NET_CONNECT_TCP
constexpr uint64_t kAbstractSockets = 1ULL << 0;  // LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET
constexpr uint64_t kSignals = 1ULL << 1;          // LANDLOCK_SCOPE_SIGNAL

// Since which version of Landlock's interface the kernel has them.
constexpr int kHasRefer = 2;
constexpr int kHasTruncate = 3;
constexpr int kHasNetwork = 4;
constexpr int kHasIoctl = 5;
constexpr int kHasScopes = 6;

constexpr uint64_t kReading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr uint64_t kRunning = kReading | LANDLOCK_ACCESS_FS_EXECUTE;
constexpr uint64_t kDevice = kReading | LANDLOCK_ACCESS_FS_WRITE_FILE | kIoctlDevice;

uint64_t file_accesses(int version) {
    uint64_t all = LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1;  // the first version's, all of them
    all |= version >= kHasRefer ? LANDLOCK_ACCESS_FS_REFER : 0;
    all |= version >= kHasTruncate ? kTruncate : 0;
    all |= version >= kHasIoctl ? kIoctlDevice : 0;
    return all;
}

size_t attributes_size(int version) {
    return version >= kHasScopes    ? sizeof(RulesetAttributes)
           : version >= kHasNetwork ? offsetof(RulesetAttributes, scopes)
                                    : offsetof(RulesetAttributes, network);
}

/// What isn't there can't be opened either.
Result<void> add_rule(int ruleset, const std::string& path, uint64_t access) {
    const UniqueFd place{::open(path.c_str(), O_PATH | O_CLOEXEC)};
    struct stat status = {};
    if (!place || ::fstat(place.get(), &status) != 0) {
        return {};
    }
    if (!S_ISDIR(status.st_mode)) {
        access &= ~uint64_t{LANDLOCK_ACCESS_FS_READ_DIR};
    }
    landlock_path_beneath_attr rule{};
    rule.allowed_access = access;
    rule.parent_fd = place.get();
    if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
        return system_error("landlock_add_rule {}", path);
    }
    return {};
}

Result<void> add_rules(int ruleset, const std::vector<std::string>& paths, uint64_t access) {
    for (const std::string& path : paths) {
        if (auto added = add_rule(ruleset, path, access); !added) {
            return added;
        }
    }
    return {};
}

}  // namespace

Result<FileLimits> restrict_files(const Rules& rules) {
    const auto version = static_cast<int>(
        ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION));
    if (version < 1) {
        // ENOSYS: this kernel has none; EOPNOTSUPP: it was left out when the machine started.
        return FileLimits{.lacks_files = std::strerror(errno)};
    }
    const uint64_t files = file_accesses(version);
    const RulesetAttributes attributes{files, kBindTcp | kConnectTcp, kAbstractSockets | kSignals};
    const UniqueFd ruleset{static_cast<int>(
        ::syscall(SYS_landlock_create_ruleset, &attributes, attributes_size(version), 0))};
    if (!ruleset) {
        return system_error("landlock_create_ruleset");
    }
    for (const auto& [paths, access] :
         {std::pair{&rules.readable, kReading}, std::pair{&rules.runnable, kRunning},
          std::pair{&rules.devices, kDevice}}) {
        if (auto added = add_rules(ruleset.get(), *paths, access & files); !added) {
            return tl::unexpected(added.error());
        }
    }
    if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) {
        return system_error("landlock_restrict_self");
    }
    FileLimits limits;
    if (version < kHasScopes) {
        limits.lacks_others =
            fmt::format("this kernel's Landlock (version {}) does not restrict {}signals", version,
                        version >= kHasNetwork ? "" : "the network, and no ");
    }
    return limits;
}

}  // namespace oriel::sandbox
