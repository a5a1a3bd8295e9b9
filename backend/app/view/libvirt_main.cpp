// SPDX-License-Identifier: MIT
// oriel-libvirt DESCRIPTOR [URI [DOMAIN]]: talks with libvirt for `oriel view`, see libvirt_wire.h.
#include <charconv>
#include <csignal>
#include <cstdio>
#include <string_view>

#include "view/libvirt_server.h"

int main(int argc, char** argv) {
    int socket = -1;
    const std::string_view number = argc > 1 ? argv[1] : "";
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), socket);
    if (error != std::errc{} || end != number.data() + number.size() || socket < 0) {
        std::fputs("oriel-libvirt is started by oriel view\n", stderr);
        return 2;
    }
    static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
    // A Ctrl+C in the terminal is oriel's; this program ends with it.
    static_cast<void>(std::signal(SIGINT, SIG_IGN));
    return oriel::app::LibvirtServer{socket, argc > 2 ? argv[2] : "", argc > 3 ? argv[3] : ""}
        .run();
}
