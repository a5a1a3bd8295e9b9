// SPDX-License-Identifier: MIT
#include "fbdev.h"

#include <fcntl.h>
#include <linux/fb.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <cerrno>
#include <cstring>
#include <string>

namespace oriel::guest {

DumbBuffer open_fbdev() {
    const int fd = open("/dev/fb0", O_RDWR | O_CLOEXEC);
    fb_var_screeninfo variable{};
    fb_fix_screeninfo fixed{};
    if (fd < 0 || ioctl(fd, FBIOGET_VSCREENINFO, &variable) != 0 ||
        ioctl(fd, FBIOGET_FSCREENINFO, &fixed) != 0) {
        fail(std::string("/dev/fb0: ") + strerror(errno));
    }
    if (variable.bits_per_pixel != 32) {
        fail("/dev/fb0 has " + std::to_string(variable.bits_per_pixel) + " bits a pixel");
    }
    void* pixels =
        mmap(nullptr, fixed.smem_len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);  // stays mapped
    if (pixels == MAP_FAILED) {
        fail(std::string("mmap of /dev/fb0: ") + strerror(errno));
    }
    return {.width = variable.xres,
            .height = variable.yres,
            .pitch = fixed.line_length,
            .pixels = static_cast<uint8_t*>(pixels)};
}

}  // namespace oriel::guest
