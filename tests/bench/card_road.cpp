// SPDX-License-Identifier: MIT
#include "card_road.h"

#include <stdexcept>

#include "core/clock.h"
#include "core/event_loop.h"
#include "support/vhost_gpu_link.h"
#include "support/virtio_gpu_link.h"

namespace oriel::bench {
namespace {

class VfioRoad final : public CardRoad {
public:
    explicit VfioRoad(const std::string& socket) : link_{socket} {}
    [[nodiscard]] test::GpuLink& link() override { return link_; }
    void kick_on_submit(bool yes) override { link_.driver().kick_on_submit(yes); }
    void kick() override { link_.driver().kick(0); }
    void want_no_interrupts() override { link_.driver().queue(0).want_interrupts(false); }

private:
    test::VirtioGpuLink link_;
};

class VhostRoad final : public CardRoad {
public:
    explicit VhostRoad(const std::string& socket)
        : link_{loop_, socket, test::VhostFrontEnd::Style::kQemu11,
                test::VhostGpuLink::Where::kAnother} {}
    [[nodiscard]] test::GpuLink& link() override { return link_; }
    void kick_on_submit(bool yes) override { link_.kick_on_submit(yes); }
    void kick() override { link_.vmm().kick(0); }
    void want_no_interrupts() override { link_.vmm().queue(0).want_interrupts(false); }

private:
    SystemClock clock_;
    EventLoop loop_{clock_};
    test::VhostGpuLink link_;
};

}  // namespace

std::unique_ptr<CardRoad> attach_card(const std::string& road, const std::string& socket) {
    if (road == "vhost-user") {
        return std::make_unique<VhostRoad>(socket);
    }
    if (road != "vfio-user") {
        throw std::runtime_error{"no road " + road};
    }
    return std::make_unique<VfioRoad>(socket);
}

}  // namespace oriel::bench
