// SPDX-License-Identifier: MIT
#pragma once

#include "core/geometry.h"
#include "vga/picture.h"

namespace oriel::test {

/// The fuzz target's two programs differ in this: one draws with shaders, too, one has no GL.
///
/// Whether shaders draw what the CPU does: `picture`, in which `damage` is new since the last call
/// for it. Also true without EGL.
[[nodiscard]] bool shaders_agree(const std::shared_ptr<vga::Picture>& picture,
                                 const Region& damage);

}  // namespace oriel::test
