// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "core/event_loop.h"
#include "core/unique_fd.h"

namespace oriel::wayland {

class TextReader;

/// A client at the other end of a pipe that does nothing for so long is given up.
constexpr Nanoseconds kPipePatience{5'000'000'000};

class TextReaderListener {
public:
    TextReaderListener() = default;
    TextReaderListener(const TextReaderListener&) = delete;
    TextReaderListener& operator=(const TextReaderListener&) = delete;

    /// Comes once, from the loop and never from inside the constructor. Unset: more than `max`
    /// bytes, an error, or nothing for kPipePatience. It must not destroy the reader.
    virtual void text_read(TextReader& reader, std::optional<std::string> text) = 0;

protected:
    ~TextReaderListener() = default;
};

/// Reads a text that another client writes into a pipe, to its end, without waiting.
class TextReader {
public:
    /// `loop` and `listener` are lent and must outlive this.
    TextReader(EventLoop& loop, UniqueFd pipe, size_t max, TextReaderListener& listener);
    TextReader(const TextReader&) = delete;
    TextReader& operator=(const TextReader&) = delete;

    [[nodiscard]] bool finished() const { return !pipe_.valid(); }

private:
    void readable();
    void finish(bool complete);

    EventLoop& loop_;
    size_t max_;
    TextReaderListener& listener_;
    std::string text_;
    UniqueFd pipe_;
    FdWatch watch_;
    Timer patience_{loop_, [this] { finish(false); }};
};

/// Writes a text into what another client wants it in, without waiting for it: a pipe or a socket,
/// or a file, which can't be waited for and gets a piece in each turn of the loop. A process in
/// which this runs ignores SIGPIPE.
class TextWriter {
public:
    /// `loop` is lent and must outlive this.
    TextWriter(EventLoop& loop, UniqueFd pipe, std::string text);
    TextWriter(const TextWriter&) = delete;
    TextWriter& operator=(const TextWriter&) = delete;

    [[nodiscard]] bool finished() const { return !pipe_.valid(); }

private:
    void write();
    void finish();

    EventLoop& loop_;
    std::string text_;
    size_t written_ = 0;
    int refusals_ = 0;  // since the last byte
    UniqueFd pipe_;
    FdWatch watch_;
    /// Where there is no watch.
    DeferredCall next_{loop_, [this] { write(); }};
    Timer patience_{loop_, [this] { finish(); }};
};

}  // namespace oriel::wayland
