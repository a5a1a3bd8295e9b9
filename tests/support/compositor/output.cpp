// SPDX-License-Identifier: MIT
#include "output.h"

#include <wayland-server-protocol.h>

#include <algorithm>

#include "server.h"
#include "surface.h"

namespace oriel::test {

const wl_interface* OutputObject::interface() {
    return &wl_output_interface;
}

const void* OutputObject::requests() {
    static constexpr struct wl_output_interface kRequests = {.release = destroy_resource};
    return &kRequests;
}

void OutputObject::send(const OutputOptions& options) const {
    wl_output_send_geometry(resource(), options.position.x, options.position.y,
                            static_cast<int32_t>(options.physical_mm.width),
                            static_cast<int32_t>(options.physical_mm.height),
                            WL_OUTPUT_SUBPIXEL_UNKNOWN, "Oriel", "Test Output", options.transform);
    wl_output_send_mode(resource(), WL_OUTPUT_MODE_CURRENT | WL_OUTPUT_MODE_PREFERRED,
                        static_cast<int32_t>(options.mode.width),
                        static_cast<int32_t>(options.mode.height),
                        static_cast<int32_t>(options.refresh_mhz));
    if (version() >= WL_OUTPUT_SCALE_SINCE_VERSION) {
        wl_output_send_scale(resource(), options.scale);
    }
    if (version() >= WL_OUTPUT_NAME_SINCE_VERSION) {
        wl_output_send_name(resource(), options.name.c_str());
        // As sway and labwc do: make, model, serial number, name.
        const std::string serial = "S/" + options.name;
        wl_output_send_description(
            resource(), ("Oriel Test Output " + serial + " (" + options.name + ")").c_str());
    }
    if (version() >= WL_OUTPUT_DONE_SINCE_VERSION) {
        wl_output_send_done(resource());
    }
}

OutputGlobal::OutputGlobal(Server& server, const OutputOptions& options)
    : server_{server}, options_{options} {
    global_ = server.add_global(&wl_output_interface, server.options.wl_output,
                                [this](wl_client* client, uint32_t version, uint32_t id) {
                                    const auto object =
                                        create<OutputObject>(server_, client, version, id);
                                    bound_.push_back(object);
                                    object->send(options_);
                                });
}

OutputGlobal::~OutputGlobal() {
    for (Surface* surface : server_.surfaces) {
        leave(*surface);
    }
    if (global_ != nullptr) {
        wl_global_destroy(global_);
    }
}

void OutputGlobal::change(const OutputOptions& options) {
    options_ = options;
    for (const auto& object : bound_) {
        if (const auto live = object.lock(); live && live->resource() != nullptr) {
            live->send(options_);
        }
    }
}

void OutputGlobal::enter(Surface& surface) {
    auto& outputs = surface.state().outputs;
    if (std::find(outputs.begin(), outputs.end(), options_.name) != outputs.end()) {
        return;
    }
    outputs.push_back(options_.name);
    for_each_of(surface.client(), [&surface](wl_resource* output) {
        wl_surface_send_enter(surface.resource(), output);
    });
#ifdef WL_SURFACE_PREFERRED_BUFFER_SCALE_SINCE_VERSION
    if (server_.options.preferred_buffers &&
        surface.version() >= WL_SURFACE_PREFERRED_BUFFER_SCALE_SINCE_VERSION) {
        wl_surface_send_preferred_buffer_scale(surface.resource(), options_.scale);
        wl_surface_send_preferred_buffer_transform(surface.resource(),
                                                   static_cast<uint32_t>(options_.transform));
    }
#endif
}

void OutputGlobal::leave(Surface& surface) {
    if (std::erase(surface.state().outputs, options_.name) == 0) {
        return;
    }
    for_each_of(surface.client(), [&surface](wl_resource* output) {
        wl_surface_send_leave(surface.resource(), output);
    });
}

}  // namespace oriel::test
