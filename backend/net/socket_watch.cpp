// SPDX-License-Identifier: MIT
#include "net/socket_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <utility>

namespace oriel {
namespace {

constexpr uint32_t kAppears = IN_CREATE | IN_MOVED_TO;

}  // namespace

SocketWatch::SocketWatch(EventLoop& loop, const std::string& path, SocketWatchListener& listener)
    : loop_{loop}, listener_{listener} {
    const size_t slash = path.rfind('/');
    folder_ = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    name_ = slash == std::string::npos ? path : path.substr(slash + 1);
    renew();
}

void SocketWatch::renew() {
    if (watch_.active()) {
        return;
    }
    UniqueFd inotify{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
    if (!inotify ||
        ::inotify_add_watch(inotify.get(), folder_.c_str(), kAppears | IN_ONLYDIR) < 0) {
        return;
    }
    auto watch = loop_.watch(inotify.get(), FdEvents::kRead, [this](FdEvents) { readable(); });
    if (watch) {
        inotify_ = std::move(inotify);
        watch_ = std::move(*watch);
    }
}

/// One read a turn of the loop: whoever fills the folder with files keeps nobody else waiting.
void SocketWatch::readable() {
    alignas(inotify_event) std::array<char, 4096> buffer;
    const ssize_t length = ::read(inotify_.get(), buffer.data(), buffer.size());
    bool appeared = false;
    bool gone = false;
    for (ssize_t at = 0; at < length;) {
        inotify_event event{};
        std::memcpy(&event, buffer.data() + at, sizeof event);
        const char* name = event.len > 0 ? buffer.data() + at + sizeof event : "";
        // Events that were lost may have been the one.
        appeared |=
            (event.mask & IN_Q_OVERFLOW) != 0 || ((event.mask & kAppears) != 0 && name_ == name);
        gone |= (event.mask & IN_IGNORED) != 0;
        at += static_cast<ssize_t>(sizeof event + event.len);
    }
    if (gone) {
        watch_.reset();
        inotify_.reset();
    }
    if (appeared) {
        listener_.socket_appeared();  // last: it may destroy this
    }
}

}  // namespace oriel
