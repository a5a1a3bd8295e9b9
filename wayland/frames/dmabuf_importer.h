// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <list>
#include <utility>
#include <vector>

#include "protocol/core.h"
#include "protocol/linux_dmabuf_v1.h"
#include "scanout/dmabuf_pixels.h"

namespace oriel::wayland {

/// A dma-buf as the compositor is told of it.
struct DmabufDescription {
    const std::vector<UniqueFd>& files;  ///< lent; the layout's planes name them
    PixelLayout layout;
    uint32_t format = 0;    ///< DRM_FORMAT_…, instead of the layout's
    uint64_t modifier = 0;  ///< DRM_FORMAT_MOD_…, instead of the layout's
};

/// Who asked for a wl_buffer.
class ImportListener {
public:
    ImportListener() = default;
    ImportListener(const ImportListener&) = delete;
    ImportListener& operator=(const ImportListener&) = delete;

    /// The compositor's answer, once: the buffer, or null if it refuses.
    virtual void import_answered(Proxy<wl_buffer> buffer) = 0;

protected:
    ~ImportListener() = default;
};

/// A question to the compositor that has no answer yet, or had.
struct ImportQuestion;

/// Whoever lets go of this doesn't want to know the answer any more.
class ImportRequest {
public:
    ImportRequest() = default;
    ImportRequest(ImportRequest&& other) noexcept { *this = std::move(other); }
    ImportRequest& operator=(ImportRequest&& other) noexcept;
    ImportRequest(const ImportRequest&) = delete;
    ImportRequest& operator=(const ImportRequest&) = delete;
    ~ImportRequest() { forget(); }

private:
    friend class DmabufImporter;
    explicit ImportRequest(ImportQuestion& question);
    void forget();

    /// In DmabufImporter's list, and it refers to this; null once it is answered.
    ImportQuestion* question_ = nullptr;
};

/// Asks a compositor to make wl_buffers of dma-bufs.
///
/// One for the connection, and it waits for every answer, also for those that nobody needs any
/// more: the answer makes an object, and libwayland ends a connection on which one was overlooked.
class DmabufImporter {
public:
    /// `dmabuf` is lent and must outlive this; this must outlive all requests.
    explicit DmabufImporter(zwp_linux_dmabuf_v1* dmabuf);
    DmabufImporter(const DmabufImporter&) = delete;
    DmabufImporter& operator=(const DmabufImporter&) = delete;
    ~DmabufImporter();

    /// There are too many questions without an answer: file descriptors for a compositor that
    /// doesn't read them.
    [[nodiscard]] bool busy() const;
    /// Without harm if the compositor refuses. `listener` is lent and must outlive the request.
    [[nodiscard]] ImportRequest ask(const DmabufDescription& description, ImportListener& listener);
    /// At once, for what the compositor has taken before: it may end a client whose buffer it can't
    /// import here.
    [[nodiscard]] Proxy<wl_buffer> make_again(const DmabufDescription& description);

private:
    static const zwp_linux_buffer_params_v1_listener kListener;

    [[nodiscard]] Proxy<zwp_linux_buffer_params_v1> params(const DmabufDescription& description);
    void answered(const ImportQuestion* question, Proxy<wl_buffer> buffer);

    zwp_linux_dmabuf_v1* dmabuf_;
    std::list<ImportQuestion> questions_;
};

}  // namespace oriel::wayland
