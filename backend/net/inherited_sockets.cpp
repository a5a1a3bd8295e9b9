// SPDX-License-Identifier: MIT
#include "net/inherited_sockets.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "core/whole_number.h"
#include "net/descriptor_store.h"

namespace oriel {
namespace {

constexpr int kFirst = 3;  // SD_LISTEN_FDS_START
// A kiosk's service has most; a wrong number must not cost a walk without end.
constexpr int kMost = 4096;

int number_in(const char* variable) {
    const char* const text = std::getenv(variable);
    return text != nullptr ? whole_number<int>(text).value_or(0) : 0;
}

/// One past the last; kFirst if nothing was handed to this process.
int end_of_inherited() {
    if (number_in("LISTEN_PID") != ::getpid()) {
        return kFirst;
    }
    return kFirst + std::clamp(number_in("LISTEN_FDS"), 0, kMost);
}

/// What is in place of descriptors that were taken.
constexpr const char* kNothing = "/dev/null";

bool is_nothing(int fd) {
    struct stat status = {};
    struct stat nothing = {};
    return (::fcntl(fd, F_GETFL) & O_PATH) != 0 && ::fstat(fd, &status) == 0 &&
           ::stat(kNothing, &nothing) == 0 && S_ISCHR(status.st_mode) &&
           status.st_rdev == nothing.st_rdev;
}

/// Empty where that is no local socket that listens.
std::string path_of(int fd) {
    int listens = 0;
    socklen_t size = sizeof listens;
    sockaddr_un address{};
    socklen_t length = sizeof address;
    if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0 ||
        address.sun_family != AF_UNIX) {
        return {};
    }
    return {address.sun_path, ::strnlen(address.sun_path, sizeof address.sun_path)};
}

}  // namespace

UniqueFd inherited_listener(const std::string& path) {
    const int end = end_of_inherited();
    UniqueFd found;
    for (int fd = kFirst; fd < end; ++fd) {
        if (!found && !path.empty() && path_of(fd) == path) {
            // Under another number: this one stands for "handed over, and nobody's yet".
            found = UniqueFd{::fcntl(fd, F_DUPFD_CLOEXEC, end)};
            ::close(fd);
        }
    }
    if (found) {
        ::fcntl(found.get(), F_SETFL, ::fcntl(found.get(), F_GETFL) | O_NONBLOCK);
    }
    return found;
}

InheritedDescriptors InheritedDescriptors::take(const std::string& prefix) {
    InheritedDescriptors inherited;
    const char* const names = std::getenv("LISTEN_FDNAMES");
    std::string_view rest = names != nullptr ? names : "";
    const int end = end_of_inherited();
    const UniqueFd nothing{::open(kNothing, O_PATH | O_CLOEXEC)};
    for (int fd = kFirst; fd < end; ++fd) {
        const std::string name{rest.substr(0, rest.find(':'))};
        rest.remove_prefix(std::min(rest.size(), name.size() + 1));
        if (!name.starts_with(prefix) || name.empty()) {
            continue;
        }
        // Under another number, as above. Nothing else is to get this one while others look there.
        if (UniqueFd own{::fcntl(fd, F_DUPFD_CLOEXEC, end)}) {
            if (::dup3(nothing.get(), fd, O_CLOEXEC) < 0) {
                ::close(fd);
            }
            inherited.add(name, std::move(own));
        }
    }
    return inherited;
}

std::vector<std::string> unused_inherited_listeners() {
    std::vector<std::string> paths;
    const int end = end_of_inherited();
    paths.reserve(static_cast<size_t>(end - kFirst));
    for (int fd = kFirst; fd < end; ++fd) {
        if (is_nothing(fd)) {
            ::close(fd);
            continue;
        }
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
        if (std::string path = path_of(fd); !path.empty()) {
            paths.push_back(std::move(path));
        }
    }
    return paths;
}

}  // namespace oriel
