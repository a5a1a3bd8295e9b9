// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>

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
    /// `loop` is lent and must outlive this; it ends when the socket does. `painter`: the program
    /// that paints texts.
    OutsideServer(EventLoop& loop, UniqueFd socket, Outside::Places places, std::string painter);
    OutsideServer(const OutsideServer&) = delete;
    OutsideServer& operator=(const OutsideServer&) = delete;
    ~OutsideServer();

private:
    void readable();
    void carry_out(const OutsideRequest& request, UniqueFd fd);
    void connect(const OutsideRequest& request);
    void paint(UniqueFd socket);
    void probe(uint32_t number);
    void remove(const OutsideRequest& request);
    void answer(uint32_t number, const Result<std::string>& text, int fd = -1);
    void gpu_probed(const Result<std::string>& renderer) override;

    EventLoop& loop_;
    UniqueFd socket_;
    const Outside::Places places_;
    const std::string painter_;
    FdWatch watch_;
    /// One at a time: the next one ends it.
    std::unique_ptr<ChildProcess> painting_;
    /// The same.
    std::unique_ptr<wayland::GpuProbe> probing_;
    uint32_t probe_number_ = 0;
};

}  // namespace oriel::app
