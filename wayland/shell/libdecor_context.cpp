// SPDX-License-Identifier: MIT
#include "shell/libdecor_context.h"

#include "core/log.h"
#include "shell/libdecor_frame.h"

namespace oriel::wayland {
namespace {

/// What libdecor said last while a context started. It passes nothing but a context to its error
/// event, and that comes before the caller knows the context.
std::string& said() {
    static std::string line;
    return line;
}

libdecor_interface& interface() {
    static libdecor_interface events{
        .error =
            [](libdecor*, libdecor_error, const char* message) {
                said() = message != nullptr ? message : "it failed";
                log_debug("wayland", "libdecor: {}", said());
            },
    };
    return events;
}

}  // namespace

LibdecorContext::LibdecorContext(EventLoop& loop, Connection& connection, const Globals& globals,
                                 const LibdecorLibrary& library)
    : loop_{loop},
      connection_{connection},
      globals_{globals},
      library_{library},
      hook_{loop, [this] {
                if (!connection_.lost() && context_ != nullptr) {
                    static_cast<void>(library_.dispatch(context_, 0));
                }
            }} {}

Result<std::unique_ptr<LibdecorContext>> LibdecorContext::make(EventLoop& loop,
                                                               Connection& connection,
                                                               const Globals& globals,
                                                               const LibdecorLibrary& library) {
    said().clear();
    std::unique_ptr<LibdecorContext> self{new LibdecorContext{loop, connection, globals, library}};
    self->context_ = library.create(connection.display(), &interface());
    if (self->context_ == nullptr) {
        return host_error("libdecor does not start");
    }
    if (!LibdecorLibrary::plugin_loaded()) {
        return host_error("libdecor has no plugin that works: install libdecor-0-plugin-1-cairo");
    }
    return self;
}

Result<void> LibdecorContext::check() const {
    if (!said().empty()) {
        return host_error("libdecor does not start: {}", said());
    }
    return {};
}

LibdecorContext::~LibdecorContext() {
    if (context_ != nullptr) {
        library_.unref(context_);
    }
}

std::unique_ptr<ToplevelRole> LibdecorContext::decorate(wl_surface* surface,
                                                        ToplevelListener& listener) {
    return std::make_unique<LibdecorFrame>(*this, surface, listener);
}

}  // namespace oriel::wayland
