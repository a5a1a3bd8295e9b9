// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>

#include "connection/globals.h"
#include "connection/request_pacer.h"
#include "core/geometry.h"
#include "cursor/arrow_cursor.h"
#include "cursor/cursor_surface.h"
#include "scanout/display.h"
#include "surface/scale.h"

namespace oriel::wayland {

/// What a wl_pointer looks like while it is in one of our windows. There is only this one: the
/// guest's image is the host's cursor. A guest may change it as often as it likes: the compositor
/// gets the newest look, at most once a turn of the loop (RequestPacer).
class Cursor final : private CursorSurfaceListener, private PacedSender {
public:
    /// All is lent and must outlive this.
    Cursor(const Globals& globals, ArrowTheme& theme, wl_pointer* pointer);
    Cursor(const Cursor&) = delete;
    Cursor& operator=(const Cursor&) = delete;

    /// Each enter needs an answer: until then the cursor is whatever it was elsewhere.
    void entered(uint32_t serial);

    // Between entered() and the pointer's leave:
    /// `picture`, `shown` and `scale` as place_cursor() has them.
    void show(std::shared_ptr<const CursorImage> image, Size picture, Size shown, Scale scale);
    /// The desktop's own.
    void show_arrow();
    void hide();
    /// The pointer has left: nothing of it is shown.
    void left();

private:
    enum class Look : uint8_t { kUnset, kHidden, kArrow, kGuest };

    void want(Look look);
    [[nodiscard]] bool up_to_date() const;
    bool show_guest();
    void cursor_buffer_free() override;
    bool send_paced() override;

    wl_pointer* pointer_;
    uint32_t serial_ = 0;
    /// What the pointer is to look like, and what the compositor was told last.
    Look wanted_ = Look::kUnset;
    Look shown_ = Look::kUnset;
    std::shared_ptr<const CursorImage> image_;
    CursorPlacement placed_;
    Scale scale_;
    /// With Look::kGuest.
    std::shared_ptr<const CursorImage> shown_image_;
    CursorPlacement shown_placed_;
    Scale shown_scale_;
    CursorSurface surface_;
    ArrowCursor arrow_;
    RequestPacer pacer_;
};

}  // namespace oriel::wayland
