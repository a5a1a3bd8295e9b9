// SPDX-License-Identifier: MIT
#include "drm_device.h"

#include <drm.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace oriel::guest {

namespace {

uint64_t pointer_value(const void* pointer) {
    return reinterpret_cast<uintptr_t>(pointer);
}

// ioctl() that retries when interrupted.
int attempt(int fd, unsigned long request, void* argument) {
    int rc = 0;
    do {
        rc = ioctl(fd, request, argument);
    } while (rc < 0 && (errno == EINTR || errno == EAGAIN));
    return rc;
}

// The request's name goes into the message of a failure.
void call(int fd, unsigned long request, void* argument, const char* name) {
    if (attempt(fd, request, argument) < 0) {
        fail(std::string(name) + ": " + strerror(errno));
    }
}

std::string driver_name(int fd) {
    std::array<char, 64> name{};
    drm_version version{};
    version.name = name.data();
    version.name_len = name.size() - 1;
    if (ioctl(fd, DRM_IOCTL_VERSION, &version) < 0) {
        return {};
    }
    return name.data();
}

drm_mode_modeinfo made_up_mode(uint32_t width, uint32_t height) {
    // No sync pulse reaches a display here; totals only have to be plausible and give 60 Hz.
    drm_mode_modeinfo mode{};
    mode.hdisplay = static_cast<uint16_t>(width);
    mode.hsync_start = static_cast<uint16_t>(width + 16);
    mode.hsync_end = static_cast<uint16_t>(width + 48);
    mode.htotal = static_cast<uint16_t>(width + 160);
    mode.vdisplay = static_cast<uint16_t>(height);
    mode.vsync_start = static_cast<uint16_t>(height + 3);
    mode.vsync_end = static_cast<uint16_t>(height + 8);
    mode.vtotal = static_cast<uint16_t>(height + 30);
    mode.clock = static_cast<uint32_t>(uint64_t{mode.htotal} * mode.vtotal * 60 / 1000);
    mode.vrefresh = 60;
    mode.type = DRM_MODE_TYPE_USERDEF;
    snprintf(mode.name, sizeof mode.name, "%ux%u", width, height);
    return mode;
}

}  // namespace

void fail(const std::string& message) {
    printf("guest: error: %s\n", message.c_str());
    fflush(stdout);
    exit(1);
}

void choose_mode(Screen& screen, uint32_t width, uint32_t height) {
    for (const auto& mode : screen.modes) {
        if (mode.hdisplay == width && mode.vdisplay == height) {
            screen.mode = mode;
            return;
        }
    }
    screen.mode = made_up_mode(width, height);
}

DrmDevice DrmDevice::open(int timeout_s) {
    constexpr int polls_per_second = 20;
    for (int attempt = 0; attempt <= timeout_s * polls_per_second; ++attempt) {
        for (int card = 0; card < 4; ++card) {
            const std::string path = "/dev/dri/card" + std::to_string(card);
            const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
            if (fd < 0) {
                continue;
            }
            std::string driver = driver_name(fd);
            if (driver == "virtio_gpu") {
                return DrmDevice(fd, std::move(driver));
            }
            close(fd);
        }
        usleep(1000000 / polls_per_second);
    }
    fail("no virtio_gpu card in /dev/dri");
}

std::vector<uint8_t> DrmDevice::read_edid(uint32_t connector_id) const {
    for (;;) {
        if (auto edid = try_edid(connector_id)) {
            return *std::move(edid);
        }
    }
}

// Nothing when the kernel has just put another one in its place.
std::optional<std::vector<uint8_t>> DrmDevice::try_edid(uint32_t connector_id) const {
    drm_mode_obj_get_properties list{};
    list.obj_id = connector_id;
    list.obj_type = DRM_MODE_OBJECT_CONNECTOR;
    call(fd_, DRM_IOCTL_MODE_OBJ_GETPROPERTIES, &list, "OBJ_GETPROPERTIES");
    std::vector<uint32_t> ids(list.count_props);
    std::vector<uint64_t> values(list.count_props);
    list.props_ptr = pointer_value(ids.data());
    list.prop_values_ptr = pointer_value(values.data());
    call(fd_, DRM_IOCTL_MODE_OBJ_GETPROPERTIES, &list, "OBJ_GETPROPERTIES");
    for (size_t i = 0; i < ids.size(); ++i) {
        drm_mode_get_property property{};
        property.prop_id = ids[i];
        call(fd_, DRM_IOCTL_MODE_GETPROPERTY, &property, "GETPROPERTY");
        if (strcmp(property.name, "EDID") != 0 || values[i] == 0) {
            continue;
        }
        drm_mode_get_blob blob{};
        blob.blob_id = static_cast<uint32_t>(values[i]);
        std::vector<uint8_t> edid;
        // First its length, then its bytes.
        for (int pass = 0; pass < 2; ++pass) {
            edid.resize(blob.length);
            blob.data = pointer_value(edid.data());
            if (attempt(fd_, DRM_IOCTL_MODE_GETPROPBLOB, &blob) < 0) {
                if (errno == ENOENT) {
                    return std::nullopt;
                }
                fail(std::string("GETPROPBLOB: ") + strerror(errno));
            }
        }
        return edid;
    }
    return std::vector<uint8_t>{};
}

std::vector<Screen> DrmDevice::connected_screens() const {
    drm_mode_card_res resources{};
    call(fd_, DRM_IOCTL_MODE_GETRESOURCES, &resources, "GETRESOURCES");
    std::vector<uint32_t> crtcs(resources.count_crtcs);
    std::vector<uint32_t> connectors(resources.count_connectors);
    resources.count_fbs = 0;
    resources.count_encoders = 0;
    resources.crtc_id_ptr = pointer_value(crtcs.data());
    resources.connector_id_ptr = pointer_value(connectors.data());
    call(fd_, DRM_IOCTL_MODE_GETRESOURCES, &resources, "GETRESOURCES");

    std::vector<Screen> screens;
    for (const uint32_t connector_id : connectors) {
        // The first call makes the kernel probe; sizes are valid after it.
        drm_mode_get_connector connector{};
        connector.connector_id = connector_id;
        call(fd_, DRM_IOCTL_MODE_GETCONNECTOR, &connector, "GETCONNECTOR");
        Screen screen;
        screen.connector_id = connector_id;
        screen.modes.resize(connector.count_modes);
        std::vector<uint32_t> encoders(connector.count_encoders);
        connector.count_props = 0;
        connector.modes_ptr = pointer_value(screen.modes.data());
        connector.encoders_ptr = pointer_value(encoders.data());
        call(fd_, DRM_IOCTL_MODE_GETCONNECTOR, &connector, "GETCONNECTOR");
        constexpr uint32_t connected = 1;
        if (connector.connection != connected || screen.modes.empty() || encoders.empty()) {
            continue;
        }
        screen.mode = screen.modes.front();
        for (const auto& mode : screen.modes) {
            if ((mode.type & DRM_MODE_TYPE_PREFERRED) != 0) {
                screen.mode = mode;
                break;
            }
        }
        drm_mode_get_encoder encoder{};
        encoder.encoder_id = encoders.front();
        call(fd_, DRM_IOCTL_MODE_GETENCODER, &encoder, "GETENCODER");
        while (screen.index < crtcs.size() && (encoder.possible_crtcs >> screen.index & 1) == 0) {
            ++screen.index;
        }
        if (screen.index == crtcs.size()) {
            fail("a connector without a CRTC");
        }
        screen.crtc_id = crtcs[screen.index];
        screen.edid = read_edid(connector_id);
        screens.push_back(std::move(screen));
    }
    if (screens.empty()) {
        fail("no connected screen");
    }
    return screens;
}

DumbBuffer DrmDevice::create_dumb(uint32_t width, uint32_t height) const {
    drm_mode_create_dumb create{};
    create.width = width;
    create.height = height;
    create.bpp = 32;
    call(fd_, DRM_IOCTL_MODE_CREATE_DUMB, &create, "CREATE_DUMB");
    drm_mode_map_dumb map{};
    map.handle = create.handle;
    call(fd_, DRM_IOCTL_MODE_MAP_DUMB, &map, "MAP_DUMB");
    void* pixels = mmap(nullptr, create.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd_,
                        static_cast<off_t>(map.offset));
    if (pixels == MAP_FAILED) {
        fail(std::string("mmap of a dumb buffer: ") + strerror(errno));
    }
    return {.width = width,
            .height = height,
            .pitch = create.pitch,
            .handle = create.handle,
            .framebuffer_id = 0,
            .pixels = static_cast<uint8_t*>(pixels)};
}

DumbBuffer DrmDevice::create_buffer(uint32_t width, uint32_t height) const {
    DumbBuffer buffer = create_dumb(width, height);
    add_framebuffer(buffer);
    return buffer;
}

uint32_t DrmDevice::import_dmabuf(int dmabuf) const {
    drm_prime_handle prime{};
    prime.fd = dmabuf;
    call(fd_, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime, "PRIME_FD_TO_HANDLE");
    return prime.handle;
}

void DrmDevice::add_framebuffer(DumbBuffer& buffer) const {
    drm_mode_fb_cmd add{};
    add.width = buffer.width;
    add.height = buffer.height;
    add.pitch = buffer.pitch;
    add.bpp = 32;
    add.depth = 24;
    add.handle = buffer.handle;
    call(fd_, DRM_IOCTL_MODE_ADDFB, &add, "ADDFB");
    buffer.framebuffer_id = add.fb_id;
}

void DrmDevice::remove(const DumbBuffer& buffer) const {
    uint32_t id = buffer.framebuffer_id;
    call(fd_, DRM_IOCTL_MODE_RMFB, &id, "RMFB");
    drm_gem_close close_handle{};
    close_handle.handle = buffer.handle;
    call(fd_, DRM_IOCTL_GEM_CLOSE, &close_handle, "GEM_CLOSE");
}

DumbBuffer DrmDevice::create_cursor_image(uint32_t width, uint32_t height) const {
    return create_dumb(width, height);
}

void DrmDevice::show(const Screen& screen, const DumbBuffer& buffer) const {
    uint32_t connector_id = screen.connector_id;
    drm_mode_crtc crtc{};
    crtc.crtc_id = screen.crtc_id;
    crtc.fb_id = buffer.framebuffer_id;
    crtc.set_connectors_ptr = pointer_value(&connector_id);
    crtc.count_connectors = 1;
    crtc.mode = screen.mode;
    crtc.mode_valid = 1;
    call(fd_, DRM_IOCTL_MODE_SETCRTC, &crtc, "SETCRTC");
}

void DrmDevice::mark_dirty(const DumbBuffer& buffer, const std::vector<Box>& damage) const {
    std::vector<drm_clip_rect> clips;
    clips.reserve(damage.size());
    for (const Box& box : damage) {
        clips.push_back({.x1 = static_cast<unsigned short>(box.x1),
                         .y1 = static_cast<unsigned short>(box.y1),
                         .x2 = static_cast<unsigned short>(box.x2),
                         .y2 = static_cast<unsigned short>(box.y2)});
    }
    drm_mode_fb_dirty_cmd dirty{};
    dirty.fb_id = buffer.framebuffer_id;
    dirty.num_clips = static_cast<uint32_t>(clips.size());
    dirty.clips_ptr = pointer_value(clips.data());
    call(fd_, DRM_IOCTL_MODE_DIRTYFB, &dirty, "DIRTYFB");
}

uint64_t DrmDevice::flip(const Screen& screen, const DumbBuffer& buffer, uint64_t number) const {
    drm_mode_crtc_page_flip flip{};
    flip.user_data = number;
    flip.crtc_id = screen.crtc_id;
    flip.fb_id = buffer.framebuffer_id;
    flip.flags = DRM_MODE_PAGE_FLIP_EVENT;
    call(fd_, DRM_IOCTL_MODE_PAGE_FLIP, &flip, "PAGE_FLIP");
    std::array<char, 256> events{};
    drm_event_vblank event{};
    const ssize_t got = read(fd_, events.data(), events.size());
    if (got < static_cast<ssize_t>(sizeof event)) {
        fail("no page flip event");
    }
    memcpy(&event, events.data(), sizeof event);
    return event.base.type == DRM_EVENT_FLIP_COMPLETE ? event.user_data : UINT64_MAX;
}

void DrmDevice::set_cursor(const Screen& screen, const DumbBuffer& image, int hot_x,
                           int hot_y) const {
    drm_mode_cursor2 cursor{};
    cursor.flags = DRM_MODE_CURSOR_BO;
    cursor.crtc_id = screen.crtc_id;
    cursor.width = image.width;
    cursor.height = image.height;
    cursor.handle = image.handle;
    cursor.hot_x = hot_x;
    cursor.hot_y = hot_y;
    call(fd_, DRM_IOCTL_MODE_CURSOR2, &cursor, "CURSOR2");
}

void DrmDevice::move_cursor(const Screen& screen, int x, int y) const {
    drm_mode_cursor cursor{};
    cursor.flags = DRM_MODE_CURSOR_MOVE;
    cursor.crtc_id = screen.crtc_id;
    cursor.x = x;
    cursor.y = y;
    call(fd_, DRM_IOCTL_MODE_CURSOR, &cursor, "CURSOR");
}

void DrmDevice::hide_cursor(const Screen& screen) const {
    drm_mode_cursor cursor{};
    cursor.flags = DRM_MODE_CURSOR_BO;
    cursor.crtc_id = screen.crtc_id;
    call(fd_, DRM_IOCTL_MODE_CURSOR, &cursor, "CURSOR");
}

}  // namespace oriel::guest
