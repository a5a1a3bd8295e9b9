// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/unique_fd.h"

namespace oriel {

/// Who keeps copies of descriptors beyond this process' end, by name: a service manager.
class DescriptorStore {
public:
    DescriptorStore() = default;
    DescriptorStore(const DescriptorStore&) = delete;
    DescriptorStore& operator=(const DescriptorStore&) = delete;

    /// `fd` is lent. A name that is in use already stands for the same descriptor: it is kept until
    /// each of its users has said forget().
    virtual void store(const std::string& name, int fd) = 0;
    /// An earlier process has stored it, and this one uses it.
    virtual void adopt(const std::string& name) = 0;
    virtual void forget(const std::string& name) = 0;

protected:
    ~DescriptorStore() = default;
};

/// What an earlier process has stored.
class InheritedDescriptors {
public:
    InheritedDescriptors() = default;
    /// Those of sd_listen_fds(3) whose names begin with `prefix`: taken out of what other callers
    /// find, and not inherited by children.
    [[nodiscard]] static InheritedDescriptors take(const std::string& prefix);

    void add(std::string name, UniqueFd fd) { named_.emplace_back(std::move(name), std::move(fd)); }
    /// Lent; -1 if there is none.
    [[nodiscard]] int find(const std::string& name) const;
    [[nodiscard]] std::vector<std::string> names() const;
    /// A descriptor of the caller's own.
    [[nodiscard]] UniqueFd copy(const std::string& name) const;

private:
    std::vector<std::pair<std::string, UniqueFd>> named_;
};

}  // namespace oriel
