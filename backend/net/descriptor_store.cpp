// SPDX-License-Identifier: MIT
#include "net/descriptor_store.h"

#include <fcntl.h>

#include <algorithm>

namespace oriel {

int InheritedDescriptors::find(const std::string& name) const {
    const auto it = std::find_if(named_.begin(), named_.end(),
                                 [&](const auto& one) { return one.first == name; });
    return it == named_.end() ? -1 : it->second.get();
}

std::vector<std::string> InheritedDescriptors::names() const {
    std::vector<std::string> names;
    names.reserve(named_.size());
    for (const auto& [name, fd] : named_) {
        names.push_back(name);
    }
    return names;
}

UniqueFd InheritedDescriptors::copy(const std::string& name) const {
    const int fd = find(name);
    return fd < 0 ? UniqueFd{} : UniqueFd{::fcntl(fd, F_DUPFD_CLOEXEC, 0)};
}

}  // namespace oriel
