// SPDX-License-Identifier: MIT
#pragma once

namespace oriel::test {

/// Mesa leaks a few hundred bytes for each display that is opened and closed. LeakSanitizer can
/// only be told to ignore that while it knows whose code it was: this keeps the GL libraries that
/// are loaded now in memory, and the suppressions beside it name them. Does nothing in other
/// builds.
void keep_gl_libraries_loaded();

}  // namespace oriel::test
