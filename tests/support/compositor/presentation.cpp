// SPDX-License-Identifier: MIT
#include <ctime>
#include <utility>

#include "extensions.h"
#include "output.h"
#include "presentation-time-server-protocol.h"
#include "server.h"
#include "surface.h"

namespace oriel::test {
namespace {

class Presentation final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &wp_presentation_interface; }
    static const void* requests() {
        static constexpr struct wp_presentation_interface kRequests = {
            .destroy = destroy_resource,
            .feedback = on<&Presentation::feedback>,
        };
        return &kRequests;
    }

private:
    void created() override {
        wp_presentation_send_clock_id(resource(),
                                      static_cast<uint32_t>(server().options.presentation_clock));
    }
    void feedback(wl_resource* surface, uint32_t id) {
        const auto object = object_of<Surface>(surface);
        object->pending().feedbacks.push_back(
            create<Feedback>(server(), client(), version(), id, object));
    }
};

}  // namespace

const wl_interface* Feedback::interface() {
    return &wp_presentation_feedback_interface;
}

void Feedback::present() {
    if (resource() == nullptr) {
        return;
    }
    uint32_t refresh_ns = 0;
    if (!server().outputs.empty()) {
        OutputGlobal& output = *server().outputs.front();
        refresh_ns = static_cast<uint32_t>(1'000'000'000'000 / output.options().refresh_mhz);
        output.for_each_of(client(), [this](wl_resource* bound) {
            wp_presentation_feedback_send_sync_output(resource(), bound);
        });
    }
    timespec now{};
    ::clock_gettime(server().options.presentation_clock, &now);
    const uint64_t seconds =
        static_cast<uint64_t>(now.tv_sec) + server().options.presentation_ahead;
    uint32_t kind = WP_PRESENTATION_FEEDBACK_KIND_VSYNC;
    if (server().options.zero_copy) {
        kind |= WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY;
    }
    wp_presentation_feedback_send_presented(
        resource(), static_cast<uint32_t>(seconds >> 32), static_cast<uint32_t>(seconds),
        static_cast<uint32_t>(now.tv_nsec), refresh_ns, 0, 0, kind);
    wl_resource_destroy(resource());
}

void Feedback::discard() {
    if (resource() != nullptr) {
        wp_presentation_feedback_send_discarded(resource());
        wl_resource_destroy(resource());
    }
}

void add_presentation(Server& server) {
    server.add_global(&wp_presentation_interface, server.options.wp_presentation,
                      [&server](wl_client* client, uint32_t version, uint32_t id) {
                          create<Presentation>(server, client, version, id);
                      });
}

}  // namespace oriel::test
