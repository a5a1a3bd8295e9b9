// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>

#include "core/event_loop.h"
#include "frames/compositor_formats.h"
#include "frames/dmabuf_importer.h"
#include "scanout/framebuffer.h"
#include "surface/surface.h"
#include "sync/release_points.h"

namespace oriel::wayland {

class DmabufImport;

/// Who has imports: a window's direct path.
class ImportOwner {
public:
    ImportOwner() = default;
    ImportOwner(const ImportOwner&) = delete;
    ImportOwner& operator=(const ImportOwner&) = delete;

    /// The compositor has answered ask().
    virtual void import_answered() = 0;
    /// The compositor holds none of its buffers any more. May end it.
    virtual void import_released(DmabufImport& import) = 0;

protected:
    ~ImportOwner() = default;
};

/// One of an import's wl_buffers. Two surfaces never share one: wl_buffer.release doesn't say which
/// it is about.
struct ImportedBuffer final : ReleaseListener {
    explicit ImportedBuffer(DmabufImport& its_import) : import{its_import} {}
    void buffer_released() override;

    DmabufImport& import;
    /// The surface that it was attached to last.
    const Surface* surface = nullptr;
    /// Committed, and not released.
    bool held = false;
    /// The newest commit has a release point: wl_buffer.release says nothing.
    bool by_point = false;
    Proxy<wl_buffer> buffer;
    std::unique_ptr<ReleasePoints::Buffer> points;
};

/// What the compositor makes of one framebuffer's dma-buf in one window.
///
///             ask()                the answer: a wl_buffer
///     kNew ------------> kAsked ------------------------------> kTaken: attached, held, released,
///      ^  |                |                                      attached, ... until it ends
///      |  |                | the answer: no
///      |  v                v
///      |  kRefused <-------+
///      |     | (at once where there is no dma-buf, or it ends before its last row)
///      +-----+  check_format(): the compositor's formats have changed
///
/// Whatever the state is, a format that the compositor doesn't take now refuses the framebuffer
/// (why()). The dma-buf's files are open from ask() until this ends.
class DmabufImport final : private ImportListener {
public:
    enum class State : uint8_t { kNew, kAsked, kTaken, kRefused };

    /// `framebuffer` has a dmabuf(). The owner and `importer` are lent and must outlive this.
    DmabufImport(ImportOwner& owner, DmabufImporter& importer, const FramebufferRef& framebuffer,
                 TimePoint now);
    DmabufImport(const DmabufImport&) = delete;
    DmabufImport& operator=(const DmabufImport&) = delete;
    ~DmabufImport();

    [[nodiscard]] State state() const { return state_; }
    /// Why it is refused; empty if it isn't.
    [[nodiscard]] const std::string& why() const { return why_; }
    [[nodiscard]] uint64_t generation() const { return generation_; }
    /// The compositor holds one of its buffers.
    [[nodiscard]] bool held() const { return keep_ != nullptr; }
    /// Nobody else has the framebuffer any more.
    [[nodiscard]] bool unwanted() const { return framebuffer_.expired() && !held(); }
    /// From then on it is neither asked nor answered for too long.
    [[nodiscard]] TimePoint overdue_at() const { return asked_ + CompositorFormats::kPatience; }

    /// Looks whether the compositor takes the format. Cheap when it hasn't said anything new.
    void check_format(const CompositorFormats& formats, TimePoint now) {
        if (serial_ != formats.serial()) {
            check_new_format(formats, now);
        }
    }
    /// From kNew: to kAsked or kRefused; stays where the importer is busy.
    void ask(TimePoint now);

    /// The wl_buffer to attach to that surface. Only when it is kTaken.
    [[nodiscard]] ImportedBuffer& buffer_for(const Surface& surface);
    /// It is part of a commit there. Keeps the framebuffer until it is released.
    void committed(ImportedBuffer& buffer, const Surface& surface,
                   const FramebufferRef& framebuffer);

private:
    friend struct ImportedBuffer;
    static const wl_buffer_listener kListener;

    void check_new_format(const CompositorFormats& formats, TimePoint now);
    void import_answered(Proxy<wl_buffer> buffer) override;
    ImportedBuffer& add(Proxy<wl_buffer> buffer);
    void released(ImportedBuffer& buffer);

    ImportOwner& owner_;
    DmabufImporter& importer_;
    uint64_t generation_;
    std::weak_ptr<const Framebuffer> framebuffer_;
    /// The framebuffer while the compositor holds it.
    FramebufferRef keep_;
    State state_ = State::kNew;
    std::string why_;
    /// CompositorFormats::serial() that this was last checked with.
    uint64_t serial_ = 0;
    uint64_t modifier_ = 0;
    /// When the compositor was asked, or before that, when it was first wanted.
    TimePoint asked_;
    ImportRequest request_;
    std::list<ImportedBuffer> buffers_;
};

}  // namespace oriel::wayland
