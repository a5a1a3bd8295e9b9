// SPDX-License-Identifier: MIT
#include "control/runtime_folder.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "cli/options.h"
#include "core/unique_handle.h"

namespace oriel::app {
namespace {

constexpr std::string_view kSuffix = ".sock";

bool is_folder(const std::string& path) {
    struct stat status = {};
    return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::string choose_folder() {
    // The XDG base directory specification: a relative path counts as not set.
    if (const char* xdg = std::getenv("XDG_RUNTIME_DIR"); xdg != nullptr && *xdg == '/') {
        return std::string{xdg} + "/oriel";
    }
    if (const std::string run = fmt::format("/run/user/{}", ::geteuid()); is_folder(run)) {
        return run + "/oriel";
    }
    return fmt::format("/tmp/oriel-{}", ::geteuid());
}

}  // namespace

Result<std::string> runtime_folder(Create create) {
    std::string path = choose_folder();
    if (create == Create::kYes && ::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
        return system_error("create {}", path);
    }
    // Not stat(): in /tmp, anybody may have put a link there.
    struct stat status = {};
    if (::lstat(path.c_str(), &status) != 0) {
        return system_error("folder {}", path);
    }
    if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid()) {
        return host_error("{} is not a folder of yours", path);
    }
    if ((status.st_mode & 0077) != 0) {
        return host_error("{} is open to other users: its mode must be 0700", path);
    }
    return path;
}

std::string control_socket_path(const std::string& folder, const std::string& name) {
    return fmt::format("{}/{}{}", folder, name, kSuffix);
}

std::string vmm_socket_path(const std::string& folder, const std::string& name,
                            const char* purpose) {
    return fmt::format("{}/{}.{}", folder, name, purpose);
}

std::vector<std::string> control_socket_names(const std::string& folder) {
    std::vector<std::string> names;
    const UniqueHandle<DIR, closedir> entries{::opendir(folder.c_str())};
    if (!entries) {
        return names;
    }
    while (const dirent* entry = ::readdir(entries.get())) {
        const std::string_view file{entry->d_name};
        if (file.size() <= kSuffix.size() || !file.ends_with(kSuffix)) {
            continue;
        }
        const std::string_view name = file.substr(0, file.size() - kSuffix.size());
        if (valid_name(name)) {
            names.emplace_back(name);
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace oriel::app
