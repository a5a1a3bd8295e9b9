// SPDX-License-Identifier: MIT
//
// A guest's driver of the card of an Oriel in another process, on either road.
#pragma once

#include <memory>
#include <string>

#include "support/gpu_link.h"

namespace oriel::bench {

class CardRoad {
public:
    CardRoad() = default;
    CardRoad(const CardRoad&) = delete;
    CardRoad& operator=(const CardRoad&) = delete;
    virtual ~CardRoad() = default;

    [[nodiscard]] virtual test::GpuLink& link() = 0;
    /// Whether submit() kicks when the device wants that (the default); else kick() does.
    virtual void kick_on_submit(bool yes) = 0;
    virtual void kick() = 0;
    /// The driver wants no interrupts any more: it looks by itself.
    virtual void want_no_interrupts() = 0;
};

/// "vfio-user" or "vhost-user".
[[nodiscard]] std::unique_ptr<CardRoad> attach_card(const std::string& road,
                                                    const std::string& socket);

}  // namespace oriel::bench
