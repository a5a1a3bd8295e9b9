// SPDX-License-Identifier: MIT
#include "content-type-v1-server-protocol.h"

#include "extensions.h"
#include "server.h"
#include "surface.h"

namespace oriel::test {
namespace {

class ContentType final : public Object {
public:
    ContentType(Server& owner, std::weak_ptr<Surface> surface)
        : Object{owner}, surface_{std::move(surface)} {}
    static const wl_interface* interface() { return &wp_content_type_v1_interface; }
    static const void* requests() {
        static constexpr struct wp_content_type_v1_interface kRequests = {
            .destroy = destroy_resource,
            .set_content_type = on<&ContentType::set_content_type>,
        };
        return &kRequests;
    }

private:
    void set_content_type(uint32_t type) {
        if (const auto surface = surface_.lock(); surface && surface->resource() != nullptr) {
            surface->pending();
            surface->state().content_type = type;
        }
    }

    std::weak_ptr<Surface> surface_;
};

class ContentTypeManager final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &wp_content_type_manager_v1_interface; }
    static const void* requests() {
        static constexpr struct wp_content_type_manager_v1_interface kRequests = {
            .destroy = destroy_resource,
            .get_surface_content_type = on<&ContentTypeManager::get_surface_content_type>,
        };
        return &kRequests;
    }

private:
    void get_surface_content_type(uint32_t id, wl_resource* surface) {
        const auto object = object_of<Surface>(surface);
        if (!object->content_type.expired()) {
            server().protocol_error(resource(),
                                    WP_CONTENT_TYPE_MANAGER_V1_ERROR_ALREADY_CONSTRUCTED,
                                    "a second content type for a surface");
            return;
        }
        object->content_type = create<ContentType>(server(), client(), version(), id, object);
    }
};

}  // namespace

void add_content_type(Server& server) {
    server.add_global(&wp_content_type_manager_v1_interface, server.options.content_type,
                      [&server](wl_client* client, uint32_t version, uint32_t id) {
                          create<ContentTypeManager>(server, client, version, id);
                      });
}

}  // namespace oriel::test
