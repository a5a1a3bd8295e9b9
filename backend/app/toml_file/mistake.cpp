// SPDX-License-Identifier: MIT
#include "toml_file/mistake.h"

#include <fcntl.h>

#include <algorithm>
#include <utility>

#include "core/read_up_to.h"
#include "core/unique_fd.h"

namespace oriel::app {

std::string to_line(const std::string& path, const Mistake& mistake) {
    return fmt::format("{}:{}:{}: {}", path, mistake.line, mistake.column, mistake.text);
}

void sort_mistakes(std::vector<Mistake>& mistakes) {
    std::stable_sort(mistakes.begin(), mistakes.end(), [](const Mistake& a, const Mistake& b) {
        return std::pair{a.line, a.column} < std::pair{b.line, b.column};
    });
}

Result<std::string> load_toml_file(const std::string& path, size_t most) {
    // A named pipe would wait for somebody to write.
    const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (!fd) {
        return system_error("open {}", path);
    }
    std::string text(most + 1, '\0');
    const ssize_t size = read_up_to(fd.get(), text.data(), text.size());
    if (size < 0) {
        return system_error("read {}", path);
    }
    if (static_cast<size_t>(size) < text.size()) {
        text.resize(static_cast<size_t>(size));
        return text;
    }
    return host_error("{} is longer than {} bytes", path, most);
}

}  // namespace oriel::app
