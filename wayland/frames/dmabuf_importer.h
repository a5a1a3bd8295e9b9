// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <vector>

#include "protocol/core.h"
#include "protocol/linux_dmabuf.h"
#include "scanout/dmabuf_pixels.h"

namespace oriel::wayland {

/// A dma-buf as the compositor is told of it.
struct DmabufDescription {
    const std::vector<UniqueFd>& files;  ///< lent; the layout's planes name them
    PixelLayout layout;
    uint32_t format = 0;    ///< DRM_FORMAT_…, instead of the layout's
    uint64_t modifier = 0;  ///< DRM_FORMAT_MOD_…, instead of the layout's
};

/// Asks a compositor to make wl_buffers of dma-bufs.
///
/// One for the connection, and it waits for every answer, also for those that nobody needs any
/// more: the answer makes an object, and libwayland ends a connection on which one was overlooked.
class DmabufImporter {
public:
    /// Called once with the buffer, or with null if the compositor refuses.
    using Done = std::function<void(Proxy<wl_buffer>)>;

    /// `dmabuf` is lent and must outlive this.
    explicit DmabufImporter(zwp_linux_dmabuf_v1* dmabuf) : dmabuf_{dmabuf} {}
    DmabufImporter(const DmabufImporter&) = delete;
    DmabufImporter& operator=(const DmabufImporter&) = delete;

    /// There are too many questions without an answer: file descriptors for a compositor that
    /// doesn't read them.
    [[nodiscard]] bool busy() const;
    /// Without harm if the compositor refuses. Whoever lets go of what is returned doesn't want to
    /// know any more.
    [[nodiscard]] std::shared_ptr<Done> ask(const DmabufDescription& description, Done done);
    /// At once, for what the compositor has taken before: it may end a client whose buffer it can't
    /// import here.
    [[nodiscard]] Proxy<wl_buffer> make_again(const DmabufDescription& description);

private:
    struct Question {
        DmabufImporter* importer = nullptr;
        std::weak_ptr<Done> done;
        Proxy<zwp_linux_buffer_params_v1> params;
    };
    static const zwp_linux_buffer_params_v1_listener kListener;

    [[nodiscard]] Proxy<zwp_linux_buffer_params_v1> params(const DmabufDescription& description);
    void answered(const Question* question, Proxy<wl_buffer> buffer);

    zwp_linux_dmabuf_v1* dmabuf_;
    std::list<Question> questions_;
};

}  // namespace oriel::wayland
