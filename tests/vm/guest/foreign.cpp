// SPDX-License-Identifier: MIT
#include "foreign.h"

#include <fcntl.h>
#include <linux/udmabuf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <string>

namespace oriel::guest {

namespace {

[[noreturn]] void fail_with_errno(const char* what) {
    fail(std::string(what) + ": " + strerror(errno));
}

}  // namespace

DumbBuffer import_foreign_buffer(const DrmDevice& device, uint32_t width, uint32_t height) {
    constexpr uint64_t page = 4096;
    DumbBuffer buffer{.width = width, .height = height, .pitch = width * 4};
    const uint64_t bytes = (uint64_t{buffer.pitch} * height + page - 1) / page * page;
    const int memory = memfd_create("foreign", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (memory < 0 || ftruncate(memory, static_cast<off_t>(bytes)) != 0 ||
        fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK) != 0) {
        fail_with_errno("a memfd for a udmabuf");
    }
    void* pixels = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    if (pixels == MAP_FAILED) {
        fail_with_errno("mmap of a udmabuf's memory");
    }
    buffer.pixels = static_cast<uint8_t*>(pixels);
    const int udmabuf = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
    if (udmabuf < 0) {
        fail_with_errno("/dev/udmabuf");
    }
    udmabuf_create create{};
    create.memfd = static_cast<uint32_t>(memory);
    create.flags = UDMABUF_FLAGS_CLOEXEC;
    create.size = bytes;
    const int dmabuf = ioctl(udmabuf, UDMABUF_CREATE, &create);
    if (dmabuf < 0) {
        fail_with_errno("UDMABUF_CREATE");
    }
    buffer.handle = device.import_dmabuf(dmabuf);
    device.add_framebuffer(buffer);
    close(dmabuf);
    close(udmabuf);
    close(memory);
    return buffer;
}

}  // namespace oriel::guest
