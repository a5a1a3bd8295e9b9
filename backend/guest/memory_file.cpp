// SPDX-License-Identifier: MIT
#include "memory_file.h"

#include <fmt/format.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <vector>

namespace oriel::guest {
namespace {

constexpr size_t kPage = 4096;
constexpr uint64_t kSurroundings = uint64_t{1} << 20;
constexpr uint64_t kSamples = 256;
/// Of /proc/PID/maps: some ten thousand mappings.
constexpr size_t kMaxMaps = size_t{1} << 20;

bool all_zero(int fd, uint64_t offset, std::span<std::byte> buffer) {
    const ssize_t length = ::pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(offset));
    // Beyond the end there is nothing.
    return length == 0 ||
           (length > 0 && buffer[0] == std::byte{0} &&
            std::memcmp(buffer.data(), buffer.data() + 1, static_cast<size_t>(length) - 1) == 0);
}

/// A line of /proc/PID/maps (proc(5)): "7f00-7f40 rw-s 00000000 00:01 1234   /memfd:ram".
struct MapsLine {
    uint64_t start = 0;
    char sharing = 0;
    unsigned major = 0;
    unsigned minor = 0;
    uint64_t inode = 0;
};

bool parse(const std::string& line, MapsLine& found) {
    unsigned long long start = 0;
    unsigned long long inode = 0;
    std::array<char, 5> permissions{};
    const int fields = std::sscanf(line.c_str(), "%llx-%*x %4s %*x %x:%x %llu", &start,
                                   permissions.data(), &found.major, &found.minor, &inode);
    found.start = start;
    found.sharing = permissions[3];
    found.inode = inode;
    return fields == 5;
}

}  // namespace

Result<uint64_t> mappable_bytes(const struct stat& status, const std::string& devices) {
    if (!S_ISCHR(status.st_mode)) {
        return static_cast<uint64_t>(std::max<off_t>(status.st_size, 0));
    }
    const std::string path =
        fmt::format("{}/{}:{}/size", devices, major(status.st_rdev), minor(status.st_rdev));
    std::ifstream file{path};
    std::string text;
    uint64_t bytes = 0;
    if (!std::getline(file, text) ||
        std::from_chars(text.data(), text.data() + text.size(), bytes).ec != std::errc{}) {
        return host_error("guest memory: it is a device whose size nobody tells ({})", path);
    }
    return bytes;
}

Sharing sharing_in(std::string_view maps, const struct stat& file, HostSpan ignored) {
    Sharing found = Sharing::kUnknown;
    const std::string inode = fmt::format(" {} ", file.st_ino);
    const auto ours = reinterpret_cast<uintptr_t>(ignored.data());
    for (size_t at = maps.find(inode); at != std::string_view::npos;
         at = maps.find(inode, at + inode.size())) {
        const size_t start = maps.rfind('\n', at) + 1;  // npos + 1 is 0
        const size_t end = std::min(maps.find('\n', at), maps.size());
        MapsLine line;
        if (!parse(std::string{maps.substr(start, end - start)}, line) ||
            line.inode != file.st_ino || line.major != major(file.st_dev) ||
            line.minor != minor(file.st_dev) ||
            (line.start >= ours && line.start - ours < ignored.size())) {
            continue;
        }
        if (line.sharing == 's') {
            return Sharing::kShared;
        }
        found = Sharing::kPrivate;
    }
    return found;
}

std::string maps_of(pid_t process) {
    std::ifstream maps{fmt::format("/proc/{}/maps", process)};
    std::string text(kMaxMaps, '\0');
    maps.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(maps.gcount()));
    return text;
}

bool looks_empty(int fd, uint64_t size, uint64_t offset) {
    std::vector<std::byte> buffer(kSurroundings);
    const uint64_t before = offset - std::min(offset, kSurroundings / 2);
    if (!all_zero(fd, 0, buffer) || !all_zero(fd, before, buffer)) {
        return false;
    }
    const uint64_t step = std::max<uint64_t>(size / kSamples / kPage, 1) * kPage;
    for (uint64_t at = 0; at < size; at += step) {
        if (!all_zero(fd, at, std::span{buffer}.first(kPage))) {
            return false;
        }
    }
    return true;
}

}  // namespace oriel::guest
