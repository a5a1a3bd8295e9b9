// SPDX-License-Identifier: MIT
#include "run/qemu_config.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/unique_fd.h"

namespace oriel::app {
namespace {

/// A configuration that is larger is none.
constexpr off_t kMaxConfig = off_t{1} << 20;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r";
    const size_t first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// What is between the first two double quotes.
std::string_view quoted(std::string_view text) {
    const size_t begin = text.find('"');
    const size_t end = begin == std::string_view::npos ? begin : text.find('"', begin + 1);
    return end == std::string_view::npos ? std::string_view{}
                                         : text.substr(begin + 1, end - begin - 1);
}

QemuSection section(std::string_view line) {
    const std::string_view inside = line.substr(1, line.find(']') - 1);
    QemuSection made{std::string{trimmed(inside.substr(0, inside.find('"')))}, {}};
    if (inside.find('"') != std::string_view::npos) {
        made.properties.set("id", std::string{quoted(inside)});
    }
    return made;
}

}  // namespace

std::vector<QemuSection> parse_qemu_config(std::string_view text) {
    std::vector<QemuSection> sections;
    while (!text.empty()) {
        const size_t length = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, length));
        text.remove_prefix(std::min(length + 1, text.size()));
        const size_t equals = line.find('=');
        if (line.starts_with('[') && line.find(']') != std::string_view::npos) {
            sections.push_back(section(line));
        } else if (!line.starts_with('#') && equals != std::string_view::npos &&
                   !sections.empty()) {
            sections.back().properties.set(std::string{trimmed(line.substr(0, equals))},
                                           std::string{quoted(line.substr(equals))});
        }
    }
    return sections;
}

Result<std::string> read_qemu_config(const std::string& path) {
    const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    struct stat status = {};
    if (!file || ::fstat(file.get(), &status) != 0) {
        return system_error("{}", path);
    }
    if (!S_ISREG(status.st_mode) || status.st_size > kMaxConfig) {
        return host_error("{}: is not a plain file of at most 1 MiB", path);
    }
    std::string text(static_cast<size_t>(status.st_size), '\0');
    const ssize_t got = ::pread(file.get(), text.data(), text.size(), 0);
    if (got < 0) {
        return system_error("{}", path);
    }
    text.resize(static_cast<size_t>(got));
    return text;
}

}  // namespace oriel::app
