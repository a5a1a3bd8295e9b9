// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/event_loop.h"
#include "core/result.h"
#include "core/unique_fd.h"

namespace oriel::app {

class ControlQueryListener {
public:
    ControlQueryListener() = default;
    ControlQueryListener(const ControlQueryListener&) = delete;
    ControlQueryListener& operator=(const ControlQueryListener&) = delete;

    /// The object that came back, or why none did. May ask the next question.
    virtual void answered(const Result<nlohmann::json>& answer) = 0;

protected:
    ~ControlQueryListener() = default;
};

/// Asks the process behind a control socket, one question at a time, and waits on the loop.
class ControlQuery {
public:
    static constexpr Nanoseconds kPatience{5'000'000'000};
    static constexpr size_t kMaxAnswer = size_t{64} << 10;

    /// `loop` and `listener` are lent and must outlive this.
    ControlQuery(EventLoop& loop, std::string path, ControlQueryListener& listener);
    ControlQuery(const ControlQuery&) = delete;
    ControlQuery& operator=(const ControlQuery&) = delete;

    /// One under way is forgotten. The answer doesn't come from inside the call.
    void ask(const nlohmann::json& request);
    [[nodiscard]] bool asking() const { return timeout_.deadline().has_value(); }
    void cancel();

private:
    void readable();
    void finish(const Result<nlohmann::json>& answer);

    EventLoop& loop_;
    const std::string path_;
    ControlQueryListener& listener_;
    UniqueFd socket_;
    FdWatch watch_;
    std::string input_;
    std::string failed_;
    Timer timeout_;
};

}  // namespace oriel::app
