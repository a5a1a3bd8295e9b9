// SPDX-License-Identifier: MIT
#include "trace/trace_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "core/read_up_to.h"

namespace oriel::app {
namespace {

constexpr size_t kPiece = 65536;
static_assert(kPiece > kMaxTraceLine);

}  // namespace

Result<TraceReader> TraceReader::open(const std::string& file) {
    UniqueFd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    struct stat status = {};
    if (!fd || ::fstat(fd.get(), &status) != 0) {
        return system_error("read {}", file);
    }
    if (!S_ISREG(status.st_mode)) {
        return host_error("read {}: it is not a plain file", file);
    }
    return TraceReader{file, std::move(fd)};
}

Result<void> TraceReader::rewind() {
    if (::lseek(fd_.get(), 0, SEEK_SET) != 0) {
        return system_error("read {}", file_);
    }
    read_.clear();
    taken_ = 0;
    end_ = false;
    lines_ = 0;
    return {};
}

Result<std::optional<std::string>> TraceReader::line() {
    size_t newline = read_.find('\n', taken_);
    if (newline == std::string::npos && !end_ && read_.size() - taken_ <= kMaxTraceLine) {
        read_.erase(0, std::exchange(taken_, 0));
        const size_t before = read_.size();
        read_.resize(before + kPiece);
        const ssize_t got = read_up_to(fd_.get(), read_.data() + before, kPiece);
        if (got < 0) {
            return system_error("read {}", file_);
        }
        read_.resize(before + static_cast<size_t>(got));
        end_ = static_cast<size_t>(got) < kPiece;
        newline = read_.find('\n');
    }
    if (newline == std::string::npos && read_.size() == taken_) {
        return std::optional<std::string>{};
    }
    ++lines_;
    if (std::min(newline, read_.size()) - taken_ >= kMaxTraceLine) {
        return host_error("{}:{}: the line is longer than {} bytes", file_, lines_, kMaxTraceLine);
    }
    if (newline == std::string::npos) {
        return host_error("{}:{}: the line is cut: the trace has no end", file_, lines_);
    }
    std::string text = read_.substr(taken_, newline - taken_);
    taken_ = newline + 1;
    return std::optional{std::move(text)};
}

Result<std::optional<TracedFrame>> TraceReader::next() {
    const auto text = line();
    if (!text) {
        return tl::unexpected(text.error());
    }
    if (!*text) {
        return std::optional<TracedFrame>{};
    }
    auto frame = frame_of(**text);
    if (!frame) {
        return host_error("{}:{}: {}", file_, lines_, frame.error().message());
    }
    return std::optional{std::move(*frame)};
}

}  // namespace oriel::app
