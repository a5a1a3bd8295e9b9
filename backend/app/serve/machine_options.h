// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "cli/options.h"
#include "gpu/limits.h"
#include "headless/presenter.h"
#include "pci/display_function.h"
#include "scanout/display.h"
#include "wayland/presenter.h"

namespace oriel::app {

/// What the command line says, with the sockets that `oriel run` gives itself. Throws StartupError.
[[nodiscard]] ServeOptions with_sockets(ServeOptions options);

/// What the guest is to take the card for; for `oriel run` the VMM's machine says it.
[[nodiscard]] pci::DisplayClass pci_class(const ServeOptions& options);

/// What the guest may make the card hold.
[[nodiscard]] gpu::Limits gpu_limits(const ServeOptions& options);

/// The screens that it asks for, side by side, left to right.
[[nodiscard]] std::vector<ScreenInfo> screens_of(const ServeOptions& options);

/// What it says of screens without a window. `trace` (lent) sees every frame, if there is to be a
/// trace.
[[nodiscard]] headless::PresenterOptions headless_options(const ServeOptions& options,
                                                          headless::ShownFrameListener& trace);

/// What it says of windows. Takes $XDG_ACTIVATION_TOKEN out of the environment: that is good for
/// one activation, and nobody whom this program starts gets it too.
[[nodiscard]] wayland::PresenterOptions window_options(const ServeOptions& options);

/// Where the VM's control socket is; logs it where no user would look. Throws StartupError.
[[nodiscard]] std::string control_path(const std::string& name);

}  // namespace oriel::app
