// SPDX-License-Identifier: MIT
#include "clipboard/text_pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "core/log.h"

namespace oriel::wayland {
namespace {

constexpr size_t kPiece = size_t{64} << 10;
/// One client's text doesn't keep the loop for long, however little it takes at once: the rest goes
/// in the next turn.
constexpr int kMaxWrites = 16;
/// What says so often that it can be written to, and then takes nothing (an eventfd of older
/// kernels), would keep the loop awake.
constexpr int kMaxRefusals = 16;

bool would_block(int code) {
    return code == EAGAIN || code == EINTR;
}

void never_block(int fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    ::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

}  // namespace

TextReader::TextReader(EventLoop& loop, UniqueFd pipe, size_t max, TextReaderListener& listener)
    : loop_{loop}, max_{max}, listener_{listener}, pipe_{std::move(pipe)} {
    never_block(pipe_.get());
    patience_.arm_after(kPipePatience);
    auto watch = loop_.watch(pipe_.get(), FdEvents::kRead, [this](FdEvents) { readable(); });
    if (watch) {
        watch_ = std::move(*watch);
    } else {
        // The patience ends it, on the loop.
        log_debug("wayland", "clipboard: {}", watch.error().message());
    }
}

void TextReader::readable() {
    std::array<char, kPiece> buffer;
    const ssize_t count = ::read(pipe_.get(), buffer.data(), buffer.size());
    if (count < 0) {
        if (!would_block(errno)) {
            finish(false);
        }
        return;
    }
    if (count == 0) {
        finish(true);
        return;
    }
    text_.append(buffer.data(), static_cast<size_t>(count));
    if (text_.size() > max_) {
        finish(false);
        return;
    }
    patience_.arm_after(kPipePatience);
}

void TextReader::finish(bool complete) {
    watch_.reset();
    pipe_.reset();
    patience_.disarm();
    std::string text = std::exchange(text_, {});
    listener_.text_read(*this, complete ? std::optional{std::move(text)} : std::nullopt);
}

TextWriter::TextWriter(EventLoop& loop, UniqueFd pipe, std::string text)
    : loop_{loop}, text_{std::move(text)}, pipe_{std::move(pipe)} {
    never_block(pipe_.get());
    auto watch = loop_.watch(pipe_.get(), FdEvents::kWrite, [this](FdEvents) { write(); });
    if (watch) {
        watch_ = std::move(*watch);
        patience_.arm_after(kPipePatience);
        return;
    }
    // Files can't be waited for (epoll says EPERM): they take what they get.
    next_.schedule();
}

void TextWriter::write() {
    for (int writes = 0; written_ < text_.size() && writes < kMaxWrites; ++writes) {
        const size_t piece = std::min(kPiece, text_.size() - written_);
        const ssize_t count = ::write(pipe_.get(), text_.data() + written_, piece);
        if (count < 0 && would_block(errno) && watch_.active() && ++refusals_ < kMaxRefusals) {
            return;
        }
        if (count <= 0) {
            // What takes nothing, and can't be waited for, never will.
            finish();
            return;
        }
        written_ += static_cast<size_t>(count);
        refusals_ = 0;
        patience_.arm_after(kPipePatience);
    }
    if (written_ == text_.size()) {
        finish();
    } else if (!watch_.active()) {
        next_.schedule();
    }
}

void TextWriter::finish() {
    watch_.reset();
    next_.cancel();
    pipe_.reset();
    patience_.disarm();
    text_ = {};
}

}  // namespace oriel::wayland
