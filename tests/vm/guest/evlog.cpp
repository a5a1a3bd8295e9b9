// SPDX-License-Identifier: MIT
#include "evlog.h"

#include "drm_device.h"

#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

namespace oriel::guest {
namespace {

constexpr int most_devices = 32;

struct Device {
    int fd;
    std::string name;
};

std::vector<Device> open_devices() {
    std::vector<Device> devices;
    for (int i = 0; i < most_devices; ++i) {
        const int fd = open(("/dev/input/event" + std::to_string(i)).c_str(), O_RDWR | O_CLOEXEC);
        if (fd < 0) {
            continue;
        }
        std::array<char, 128> name{};
        input_id id{};
        unsigned long properties = 0;
        ioctl(fd, EVIOCGNAME(name.size() - 1), name.data());
        ioctl(fd, EVIOCGID, &id);
        ioctl(fd, EVIOCGPROP(sizeof properties), &properties);
        printf("guest: device %d bus 0x%02x properties 0x%lx \"%s\"\n", i, unsigned{id.bustype},
               properties, name.data());
        devices.push_back({fd, name.data()});
    }
    return devices;
}

void print_events(const Device& device) {
    std::array<input_event, 64> events{};
    const ssize_t length = read(device.fd, events.data(), sizeof events);
    const auto count = length > 0 ? static_cast<size_t>(length) / sizeof events[0] : 0;
    for (size_t i = 0; i < count; ++i) {
        printf("guest: event \"%s\" %u %u %d\n", device.name.c_str(), unsigned{events[i].type},
               unsigned{events[i].code}, events[i].value);
    }
    fflush(stdout);
}

}  // namespace

void log_events() {
    const std::vector<Device> devices = open_devices();
    std::vector<pollfd> waits;
    waits.reserve(devices.size());
    for (const Device& device : devices) {
        waits.push_back({device.fd, POLLIN, 0});
    }
    printf("guest: watching\n");
    fflush(stdout);
    for (;;) {
        if (poll(waits.data(), waits.size(), -1) < 0) {
            fail("poll");
        }
        for (size_t i = 0; i < waits.size(); ++i) {
            if ((waits[i].revents & POLLIN) != 0) {
                print_events(devices[i]);
            } else if (waits[i].revents != 0) {
                // The device is gone.
                waits[i].fd = -1;
                printf("guest: lost \"%s\"\n", devices[i].name.c_str());
                fflush(stdout);
            }
        }
    }
}

}  // namespace oriel::guest
