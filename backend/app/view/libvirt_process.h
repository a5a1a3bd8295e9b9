// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/event_loop.h"
#include "core/result.h"
#include "core/unique_fd.h"
#include "net/helper_link.h"

namespace oriel::app {

class LibvirtListener {
public:
    LibvirtListener() = default;
    LibvirtListener(const LibvirtListener&) = delete;
    LibvirtListener& operator=(const LibvirtListener&) = delete;

    /// An object that libvirt's side has sent, and what came with it. The process may be destroyed.
    virtual void libvirt_said(const nlohmann::json& message, UniqueFd fd) = 0;
    /// It has ended; why, for people. The same.
    virtual void libvirt_ended(const std::string& why) = 0;

protected:
    ~LibvirtListener() = default;
};

/// Where the program oriel-libvirt is: beside this one, or where it is installed.
[[nodiscard]] std::string libvirt_program();

/// The program oriel-libvirt: what it needs of libvirt it waits for, this process doesn't.
class LibvirtProcess {
public:
    /// `loop` and `listener` are lent and must outlive this. `uri`: libvirt's; empty: the default.
    /// `domain`: the only one whose display is opened, and nothing else is answered; empty: all is.
    [[nodiscard]] static Result<std::unique_ptr<LibvirtProcess>> start(
        EventLoop& loop, const std::string& uri, LibvirtListener& listener,
        const std::string& domain = {});
    LibvirtProcess(const LibvirtProcess&) = delete;
    LibvirtProcess& operator=(const LibvirtProcess&) = delete;
    /// It is killed.
    ~LibvirtProcess() = default;

    /// A request of libvirt_wire.h.
    void ask(const nlohmann::json& request);

private:
    LibvirtProcess(UniqueFd socket, LibvirtListener& listener)
        : listener_{listener}, socket_{std::move(socket)} {}
    void readable();

    LibvirtListener& listener_;
    UniqueFd socket_;
    std::unique_ptr<HelperProcess> child_;
    FdWatch watch_;
};

}  // namespace oriel::app
