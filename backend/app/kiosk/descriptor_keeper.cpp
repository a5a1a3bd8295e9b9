// SPDX-License-Identifier: MIT
#include "kiosk/descriptor_keeper.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "core/log.h"

namespace oriel::app {
namespace {

// No name of a process begins like this.
constexpr const char* kSocket = ".notify";
// More messages than the kernel has room for in a socket.
constexpr size_t kMostLeft = 4096;

}  // namespace

DescriptorKeeper::DescriptorKeeper(EventLoop& loop, std::string vm, std::string path,
                                   DescriptorStore* beyond)
    : loop_{loop}, vm_{std::move(vm)}, path_{std::move(path)}, beyond_{beyond} {}

DescriptorKeeper::~DescriptorKeeper() = default;

std::string DescriptorKeeper::name_beyond(const std::string& name) const {
    return fmt::format("{}/{}", vm_, name);
}

void DescriptorKeeper::take(const InheritedDescriptors& inherited) {
    const std::string prefix = name_beyond("");
    for (const std::string& full : inherited.names()) {
        if (!full.starts_with(prefix)) {
            continue;
        }
        UniqueFd fd = inherited.copy(full);
        if (!fd || beyond_ == nullptr) {
            continue;
        }
        beyond_->adopt(full);
        if (const std::string name = full.substr(prefix.size()); name == kSocket) {
            listen_on(std::move(fd));
        } else {
            kept_[name] = std::move(fd);
        }
    }
}

ProcessInheritance DescriptorKeeper::inheritance() {
    ProcessInheritance next;
    if (!open()) {
        return next;
    }
    next.variables = {"NOTIFY_SOCKET=" + path_, fmt::format("FDSTORE={}", kMost)};
    for (const auto& [name, fd] : kept_) {
        next.descriptors.emplace_back(name, fd.get());
    }
    return next;
}

bool DescriptorKeeper::open() {
    if (socket_) {
        return true;
    }
    auto socket = listen_for_notifications(path_);
    if (!socket) {
        if (!std::exchange(told_, true)) {
            // log: once a VM and supervisor
            log_warn("kiosk", "'{}': its VM ends should its window's process crash: {}", vm_,
                     socket.error().message());
        }
        return false;
    }
    listen_on(std::move(*socket));
    if (beyond_ != nullptr && socket_) {
        beyond_->store(name_beyond(kSocket), socket_.get());
    }
    return socket_.valid();
}

void DescriptorKeeper::listen_on(UniqueFd socket) {
    auto watch = loop_.watch(socket.get(), FdEvents::kRead, [this](FdEvents) {
        for (size_t i = 0; i < kMostInATurn && read_one(); ++i) {
        }
    });
    if (watch) {
        socket_ = std::move(socket);
        watch_ = std::move(*watch);
    }
}

void DescriptorKeeper::catch_up() {
    for (size_t i = 0; i < kMostLeft && socket_ && read_one(); ++i) {
    }
}

bool DescriptorKeeper::read_one() {
    auto message = next_notification(socket_.get());
    if (!message) {
        return false;
    }
    // Others of this user could give one VM's display what is another one's.
    if (process_ != 0 && message->sender == process_) {
        if (const auto order = read_store_order(message->text)) {
            obey(*order, std::move(message->fd));
        }
    }
    return true;
}

void DescriptorKeeper::obey(const StoreOrder& order, UniqueFd fd) {
    drop(order.name);
    if (order.kind == StoreOrder::Kind::kStore && fd && kept_.size() < kMost) {
        if (beyond_ != nullptr) {
            beyond_->store(name_beyond(order.name), fd.get());
        }
        kept_[order.name] = std::move(fd);
    }
}

void DescriptorKeeper::drop(const std::string& name) {
    if (kept_.erase(name) > 0 && beyond_ != nullptr) {
        beyond_->forget(name_beyond(name));
    }
}

void DescriptorKeeper::clear() {
    while (!kept_.empty()) {
        drop(std::string{kept_.begin()->first});
    }
}

void DescriptorKeeper::close() {
    clear();
    watch_.reset();
    if (std::exchange(socket_, {}).valid()) {
        ::unlink(path_.c_str());
        if (beyond_ != nullptr) {
            beyond_->forget(name_beyond(kSocket));
        }
    }
}

}  // namespace oriel::app
