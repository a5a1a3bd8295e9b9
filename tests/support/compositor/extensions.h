// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "object.h"

namespace oriel::test {

class Surface;

/// wp_presentation_feedback
class Feedback final : public Object {
public:
    Feedback(Server& server, std::weak_ptr<Surface> surface)
        : Object{server}, surface_{std::move(surface)} {}
    static const wl_interface* interface();
    static const void* requests() { return nullptr; }

    /// Shown now, by the clock that the options name.
    void present();
    void discard();

private:
    std::weak_ptr<Surface> surface_;
};

void add_viewporter(Server& server);
void add_presentation(Server& server);
void add_single_pixel(Server& server);

}  // namespace oriel::test
