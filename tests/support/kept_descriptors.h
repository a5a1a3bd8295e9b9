// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>

#include "core/unique_fd.h"
#include "net/descriptor_store.h"

namespace oriel::test {

inline UniqueFd duplicate(int fd) {
    return UniqueFd{::fcntl(fd, F_DUPFD_CLOEXEC, 0)};
}

/// What a service manager keeps for a program.
class KeptDescriptors : public DescriptorStore {
public:
    void store(const std::string& name, int fd) override {
        if (++uses[name] == 1) {
            kept[name] = duplicate(fd);
            most = std::max(most, kept.size());
        }
    }
    void adopt(const std::string& name) override { ++uses[name]; }
    void forget(const std::string& name) override {
        if (--uses.at(name) == 0) {
            uses.erase(name);
            kept.erase(name);
        }
    }
    /// As the program does once it has gone on with what there was.
    void forget_unused() {
        std::erase_if(kept, [this](const auto& one) { return uses.count(one.first) == 0; });
    }

    std::map<std::string, UniqueFd> kept;
    std::map<std::string, int> uses;
    size_t most = 0;

protected:
    ~KeptDescriptors() = default;
};

}  // namespace oriel::test
