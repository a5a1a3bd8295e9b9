// SPDX-License-Identifier: MIT
#include "view/libvirt_process.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "net/local_socket.h"
#include "net/own_program.h"
#include "view/libvirt_wire.h"

namespace oriel::app {
namespace {

using nlohmann::json;

}  // namespace

std::string libvirt_program() {
    return helper_program(kLibvirtProgram);
}

Result<std::unique_ptr<LibvirtProcess>> LibvirtProcess::start(EventLoop& loop,
                                                              const std::string& uri,
                                                              LibvirtListener& listener,
                                                              const std::string& domain) {
    const std::string program = libvirt_program();
    if (::access(program.c_str(), X_OK) != 0) {
        return host_error(
            "this oriel was built without libvirt, or its program {} is not installed", program);
    }
    auto sockets = make_helper_sockets();
    if (!sockets) {
        return tl::unexpected(sockets.error());
    }
    auto process =
        std::unique_ptr<LibvirtProcess>{new LibvirtProcess{std::move(sockets->ours), listener}};
    auto watch = loop.watch(process->socket_.get(), FdEvents::kRead,
                            [self = process.get()](FdEvents) { self->readable(); });
    if (!watch) {
        return tl::unexpected(watch.error());
    }
    auto child =
        HelperProcess::start(loop, HelperKind::kLibvirt, program, sockets->theirs, {uri, domain});
    if (!child) {
        return tl::unexpected(child.error());
    }
    process->watch_ = std::move(*watch);
    process->child_ = std::move(*child);
    return process;
}

void LibvirtProcess::ask(const json& request) {
    const std::string packet = request.dump(-1, ' ', false, json::error_handler_t::replace);
    // Where it doesn't go, the other end has gone, which the watch tells.
    static_cast<void>(send_with_fd(socket_.get(), packet, -1));
}

/// One packet a turn: whoever sends many keeps nobody else waiting.
void LibvirtProcess::readable() {
    std::array<char, kMaxPacket> packet;
    auto got = receive_with_fd(socket_.get(), packet);
    if (!got && (got.error().code == EAGAIN || got.error().code == EINTR)) {
        return;
    }
    if (!got || got->bytes == 0) {
        watch_.reset();
        listener_.libvirt_ended(
            fmt::format("{} has ended (is libvirt0 installed?)", kLibvirtProgram));
        return;
    }
    const json message = json::parse(packet.data(), packet.data() + got->bytes, nullptr, false);
    if (message.is_object()) {
        listener_.libvirt_said(message, std::move(got->fd));
    }
}

}  // namespace oriel::app
