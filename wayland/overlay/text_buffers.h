// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "connection/globals.h"
#include "core/geometry.h"
#include "wayland/overlay.h"

namespace oriel::wayland {

class TextBuffersListener {
public:
    TextBuffersListener() = default;
    TextBuffersListener(const TextBuffersListener&) = delete;
    TextBuffersListener& operator=(const TextBuffersListener&) = delete;

    /// The compositor has given one back.
    virtual void text_buffer_free() = 0;

protected:
    ~TextBuffersListener() = default;
};

/// Painted texts as wl_buffers: the newest one, and those before that the compositor still holds.
class TextBuffers {
public:
    /// One that is shown, one that replaces it, and one of a compositor that is late.
    static constexpr size_t kMax = 3;

    /// All is lent and must outlive this.
    TextBuffers(const Globals& globals, TextBuffersListener& listener)
        : globals_{globals}, listener_{listener} {}
    TextBuffers(const TextBuffers&) = delete;
    TextBuffers& operator=(const TextBuffers&) = delete;

    /// The compositor has so many that another one has to wait.
    [[nodiscard]] bool full() const;
    /// The newest text from now on. Not while full().
    void add(const TextImage& image);
    /// The newest text; null while there is none. Lent until the next add().
    [[nodiscard]] wl_buffer* newest() const {
        return newest_ != nullptr ? newest_->proxy.get() : nullptr;
    }
    /// The newest text goes to the compositor, which gives it back some time.
    void attached() { newest_->busy = true; }
    [[nodiscard]] Size size() const { return newest_ != nullptr ? newest_->size : Size{}; }
    /// There is no newest text any more.
    void clear();

private:
    struct Buffer {
        TextBuffers* owner = nullptr;
        Size size;
        bool busy = false;
        Proxy<wl_buffer> proxy;
    };
    static const wl_buffer_listener kListener;
    void trim();

    const Globals& globals_;
    TextBuffersListener& listener_;
    /// One of all_, or null.
    Buffer* newest_ = nullptr;
    std::vector<std::unique_ptr<Buffer>> all_;
};

}  // namespace oriel::wayland
