// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "core/event_loop.h"
#include "core/result.h"
#include "shell/decorations.h"
#include "shell/libdecor_library.h"

namespace oriel::wayland {

/// Frames by libdecor. Its events come with the connection's, on the same queue; what its plugin
/// has to do besides is done before the loop sleeps, and doesn't wait.
class LibdecorContext final : public Decorations {
public:
    /// As make_decorations(). The error says why there is none, for the user.
    [[nodiscard]] static Result<std::unique_ptr<LibdecorContext>> make(
        EventLoop& loop, Connection& connection, const Globals& globals,
        const LibdecorLibrary& library);
    ~LibdecorContext() override;

    /// The registry, then what the globals say of themselves; a frame made before that would forget
    /// what it is told.
    [[nodiscard]] uint32_t answers_needed() const override { return 3; }
    [[nodiscard]] Result<void> check() const override;
    [[nodiscard]] std::unique_ptr<ToplevelRole> decorate(wl_surface* surface,
                                                         ToplevelListener& listener) override;

    [[nodiscard]] const LibdecorLibrary& library() const { return library_; }
    [[nodiscard]] libdecor* get() const { return context_; }
    [[nodiscard]] EventLoop& loop() const { return loop_; }
    [[nodiscard]] const Globals& globals() const { return globals_; }

private:
    LibdecorContext(EventLoop& loop, Connection& connection, const Globals& globals,
                    const LibdecorLibrary& library);

    EventLoop& loop_;
    Connection& connection_;
    const Globals& globals_;
    const LibdecorLibrary library_;
    libdecor* context_ = nullptr;
    BeforeSleep hook_;
};

}  // namespace oriel::wayland
