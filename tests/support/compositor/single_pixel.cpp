// SPDX-License-Identifier: MIT
#include "buffer.h"
#include "extensions.h"
#include "server.h"
#include "single-pixel-buffer-v1-server-protocol.h"

namespace oriel::test {
namespace {

class SinglePixelBuffer final : public Buffer {
public:
    SinglePixelBuffer(Server& owner, uint32_t pixel) : Buffer{owner}, pixel_{pixel} {}
    [[nodiscard]] Size size() const override { return {1, 1}; }
    [[nodiscard]] PictureRef read() const override {
        return std::make_shared<Picture>(Picture{{1, 1}, {pixel_}});
    }

private:
    uint32_t pixel_;
};

class SinglePixelManager final : public Object {
public:
    using Object::Object;
    static const wl_interface* interface() { return &wp_single_pixel_buffer_manager_v1_interface; }
    static const void* requests() {
        static constexpr struct wp_single_pixel_buffer_manager_v1_interface kRequests = {
            .destroy = destroy_resource,
            .create_u32_rgba_buffer = on<&SinglePixelManager::create_buffer>,
        };
        return &kRequests;
    }

private:
    void create_buffer(uint32_t id, uint32_t red, uint32_t green, uint32_t blue, uint32_t alpha) {
        create<SinglePixelBuffer>(
            server(), client(), 1, id,
            (alpha >> 24) << 24 | (red >> 24) << 16 | (green >> 24) << 8 | blue >> 24);
    }
};

}  // namespace

void add_single_pixel(Server& server) {
    server.add_global(&wp_single_pixel_buffer_manager_v1_interface,
                      server.options.wp_single_pixel_buffer,
                      [&server](wl_client* client, uint32_t version, uint32_t id) {
                          create<SinglePixelManager>(server, client, version, id);
                      });
}

}  // namespace oriel::test
