// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/event_loop.h"
#include "core/unique_fd.h"
#include "net/child_process.h"
#include "net/outside.h"
#include "wayland/gpu_probe.h"

namespace oriel::app {

/// The other end of an Outside: whoever asks may have been broken into. A request is some numbers,
/// and the worst that it can ask for is what it was good for before.
class OutsideServer final : private wayland::GpuProbeListener {
public:
    /// `loop` is lent and must outlive this; it ends when the socket does.
    OutsideServer(EventLoop& loop, UniqueFd socket, Outside::Places places);
    OutsideServer(const OutsideServer&) = delete;
    OutsideServer& operator=(const OutsideServer&) = delete;
    ~OutsideServer();

private:
    struct Helper {
        uint32_t number;  ///< of the request that has started it
        std::unique_ptr<ChildProcess> process;
    };
    struct Signalled {
        pid_t pid = 0;
        UniqueFd pidfd;      ///< none: there is no such process
        int end_signal = 0;  ///< of a child: when the other process ends
    };

    void readable();
    void carry_out(const OutsideRequest& request, UniqueFd fd);
    void connect(const OutsideRequest& request);
    void start(const OutsideRequest& request, const UniqueFd& socket);
    void end(uint32_t helper);
    void probe(uint32_t number);
    void remove(const OutsideRequest& request);
    void find_vmm(const OutsideRequest& request, const UniqueFd& connection);
    void signal(const OutsideRequest& request);
    void end_children();
    void answer(uint32_t number, const Result<std::string>& text, int fd = -1);
    void gpu_probed(const Result<std::string>& renderer) override;

    EventLoop& loop_;
    UniqueFd socket_;
    const Outside::Places places_;
    FdWatch watch_;
    /// It is too late for OutsideWork::kBegin.
    bool begun_ = false;
    std::array<std::list<Helper>, kHelperKinds> helpers_;
    /// What may be signalled: what the other process has started, and whoever has its VM now.
    std::vector<Signalled> children_;
    Signalled holder_;
    /// Whoever was at the VMM's sockets when they were connected to, by their places.
    std::map<uint32_t, Signalled> connected_;
    /// One at a time: the next one ends it.
    std::unique_ptr<wayland::GpuProbe> probing_;
    uint32_t probe_number_ = 0;
};

}  // namespace oriel::app
