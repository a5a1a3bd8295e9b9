// SPDX-License-Identifier: MIT
//
// The yardstick: the least that a wl_shm client can do to show pixels which another process paints.
// One memcpy of the damage from shared memory into a free buffer, attach, damage, frame callback,
// commit. No library of Oriel's, so that it measures the protocol and not us.
//
// usage: shm-yardstick WIDTH HEIGHT RECT_WIDTH RECT_HEIGHT
// fd 3: memfd with the painted frame (stride WIDTH * 4). fd 4: an eventfd; each count is a new
// frame. It ends when stdin closes. A line "ready" on stdout says that the window is configured.
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "xdg-shell-client-protocol.h"

namespace {

struct Buffer {
    wl_buffer* handle = nullptr;
    std::byte* pixels = nullptr;
    bool busy = false;
    // What the frame before this buffer's last use painted; a second copy catches it up.
    bool lags = true;
};

struct Client {
    uint32_t width = 0;
    uint32_t height = 0;
    uint32_t rect_width = 0;
    uint32_t rect_height = 0;
    uint32_t stride = 0;

    wl_compositor* compositor = nullptr;
    wl_shm* shm = nullptr;
    xdg_wm_base* shell = nullptr;
    wl_surface* surface = nullptr;
    wl_callback* frame = nullptr;
    std::array<Buffer, 3> buffers;
    const std::byte* painted = nullptr;
    uint64_t* commits = nullptr;
    bool configured = false;
    bool due = false;
};

[[noreturn]] void die(const char* what) {
    std::perror(what);
    std::exit(1);
}

const wl_buffer_listener kBufferListener{
    .release = [](void* data, wl_buffer*) { static_cast<Buffer*>(data)->busy = false; },
};

void commit(Client& client);

const wl_callback_listener kFrameListener{
    .done =
        [](void* data, wl_callback* callback, uint32_t) {
            auto& client = *static_cast<Client*>(data);
            wl_callback_destroy(callback);
            client.frame = nullptr;
            if (client.due) {
                commit(client);
            }
        },
};

void commit(Client& client) {
    Buffer* buffer = nullptr;
    for (Buffer& candidate : client.buffers) {
        if (!candidate.busy) {
            buffer = &candidate;
            break;
        }
    }
    if (buffer == nullptr) {
        return;
    }
    client.due = false;
    const uint32_t rows = buffer->lags ? client.height : client.rect_height;
    const uint32_t columns = buffer->lags ? client.width : client.rect_width;
    buffer->lags = false;
    if (columns == client.width) {
        std::memcpy(buffer->pixels, client.painted, size_t{rows} * client.stride);
    } else {
        for (uint32_t y = 0; y < rows; ++y) {
            std::memcpy(buffer->pixels + size_t{y} * client.stride,
                        client.painted + size_t{y} * client.stride, size_t{columns} * 4);
        }
    }
    wl_surface_attach(client.surface, buffer->handle, 0, 0);
    wl_surface_damage_buffer(client.surface, 0, 0, static_cast<int32_t>(client.rect_width),
                             static_cast<int32_t>(client.rect_height));
    client.frame = wl_surface_frame(client.surface);
    wl_callback_add_listener(client.frame, &kFrameListener, &client);
    wl_surface_commit(client.surface);
    buffer->busy = true;
    ++*client.commits;
}

const xdg_wm_base_listener kShellListener{
    .ping = [](void*, xdg_wm_base* shell, uint32_t serial) { xdg_wm_base_pong(shell, serial); },
};

const xdg_surface_listener kSurfaceListener{
    .configure =
        [](void* data, xdg_surface* surface, uint32_t serial) {
            xdg_surface_ack_configure(surface, serial);
            static_cast<Client*>(data)->configured = true;
        },
};

const wl_registry_listener kRegistryListener{
    .global =
        [](void* data, wl_registry* registry, uint32_t name, const char* interface, uint32_t) {
            auto& client = *static_cast<Client*>(data);
            if (std::strcmp(interface, wl_compositor_interface.name) == 0) {
                client.compositor = static_cast<wl_compositor*>(
                    wl_registry_bind(registry, name, &wl_compositor_interface, 4));
            } else if (std::strcmp(interface, wl_shm_interface.name) == 0) {
                client.shm =
                    static_cast<wl_shm*>(wl_registry_bind(registry, name, &wl_shm_interface, 1));
            } else if (std::strcmp(interface, xdg_wm_base_interface.name) == 0) {
                client.shell = static_cast<xdg_wm_base*>(
                    wl_registry_bind(registry, name, &xdg_wm_base_interface, 1));
            }
        },
    .global_remove = [](void*, wl_registry*, uint32_t) {},
};

void make_buffers(Client& client) {
    const size_t size = size_t{client.stride} * client.height;
    for (Buffer& buffer : client.buffers) {
        const int fd = ::memfd_create("yardstick", MFD_CLOEXEC);
        if (fd < 0 || ::ftruncate(fd, static_cast<off_t>(size)) != 0) {
            die("memfd");
        }
        void* address = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (address == MAP_FAILED) {
            die("mmap");
        }
        buffer.pixels = static_cast<std::byte*>(address);
        wl_shm_pool* pool = wl_shm_create_pool(client.shm, fd, static_cast<int32_t>(size));
        buffer.handle = wl_shm_pool_create_buffer(
            pool, 0, static_cast<int32_t>(client.width), static_cast<int32_t>(client.height),
            static_cast<int32_t>(client.stride), WL_SHM_FORMAT_XRGB8888);
        wl_buffer_add_listener(buffer.handle, &kBufferListener, &buffer);
        wl_shm_pool_destroy(pool);
        ::close(fd);
    }
}

void run(Client& client, wl_display* display, int frames) {
    std::array<pollfd, 3> fds{
        {{wl_display_get_fd(display), POLLIN, 0}, {frames, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
    for (;;) {
        while (wl_display_prepare_read(display) != 0) {
            wl_display_dispatch_pending(display);
        }
        wl_display_flush(display);
        if (::poll(fds.data(), fds.size(), -1) < 0) {
            die("poll");
        }
        if ((fds[0].revents & POLLIN) != 0) {
            wl_display_read_events(display);
            wl_display_dispatch_pending(display);
        } else {
            wl_display_cancel_read(display);
        }
        if ((fds[1].revents & POLLIN) != 0) {
            uint64_t count = 0;
            [[maybe_unused]] const ssize_t taken = ::read(frames, &count, sizeof count);
            client.due = true;
            if (client.frame == nullptr) {
                commit(client);
            }
        }
        if (fds[2].revents != 0 || fds[0].revents & (POLLHUP | POLLERR)) {
            return;
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) {
        std::fprintf(stderr, "usage: %s WIDTH HEIGHT RECT_WIDTH RECT_HEIGHT\n", argv[0]);
        return 2;
    }
    Client client;
    client.width = static_cast<uint32_t>(std::atoi(argv[1]));
    client.height = static_cast<uint32_t>(std::atoi(argv[2]));
    client.rect_width = static_cast<uint32_t>(std::atoi(argv[3]));
    client.rect_height = static_cast<uint32_t>(std::atoi(argv[4]));
    client.stride = client.width * 4;
    const size_t frame_bytes = (size_t{client.stride} * client.height + 4095) / 4096 * 4096;
    void* painted = ::mmap(nullptr, frame_bytes + 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 3, 0);
    if (painted == MAP_FAILED) {
        die("mmap of the painted frame");
    }
    client.painted = static_cast<const std::byte*>(painted);
    client.commits =
        static_cast<uint64_t*>(static_cast<void*>(static_cast<std::byte*>(painted) + frame_bytes));

    wl_display* display = wl_display_connect(nullptr);
    if (display == nullptr) {
        die("no compositor");
    }
    wl_registry* registry = wl_display_get_registry(display);
    wl_registry_add_listener(registry, &kRegistryListener, &client);
    wl_display_roundtrip(display);
    if (client.compositor == nullptr || client.shm == nullptr || client.shell == nullptr) {
        std::fprintf(stderr, "the compositor lacks a global\n");
        return 1;
    }
    xdg_wm_base_add_listener(client.shell, &kShellListener, &client);
    make_buffers(client);
    client.surface = wl_compositor_create_surface(client.compositor);
    xdg_surface* shell_surface = xdg_wm_base_get_xdg_surface(client.shell, client.surface);
    xdg_surface_add_listener(shell_surface, &kSurfaceListener, &client);
    xdg_toplevel* toplevel = xdg_surface_get_toplevel(shell_surface);
    static const xdg_toplevel_listener kToplevelListener{
        .configure = [](void*, xdg_toplevel*, int32_t, int32_t, wl_array*) {},
        .close = [](void*, xdg_toplevel*) {},
    };
    xdg_toplevel_add_listener(toplevel, &kToplevelListener, nullptr);
    xdg_toplevel_set_title(toplevel, "yardstick");
    wl_surface_commit(client.surface);
    while (!client.configured) {
        wl_display_dispatch(display);
    }
    commit(client);
    std::puts("ready");
    std::fflush(stdout);
    run(client, display, 4);
    return 0;
}
