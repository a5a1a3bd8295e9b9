// SPDX-License-Identifier: MIT
#include "shell/decorations.h"

#include "core/log.h"
#if ORIEL_LIBDECOR
#include "shell/libdecor_context.h"
#endif

namespace oriel::wayland {
namespace {

bool needed(const Globals& globals, DecorationsChoice choice) {
    return choice == DecorationsChoice::kAuto &&
           globals.get<zxdg_decoration_manager_v1>() == nullptr;
}

}  // namespace

void log_missing_frames(const Globals& globals, const std::string& why) {
    log(globals.describes(LogLevel::kWarn), "wayland",
        "windows have no frame: the compositor draws none, and {}", why);
}

#if ORIEL_LIBDECOR
std::unique_ptr<Decorations> make_decorations(EventLoop& loop, Connection& connection,
                                              const Globals& globals, DecorationsChoice choice,
                                              const OpenLibrary& open) {
    if (!needed(globals, choice)) {
        return nullptr;
    }
    if (globals.get<wl_subcompositor>() == nullptr) {
        log_missing_frames(globals, "it has no wl_subcompositor to draw one with");
        return nullptr;
    }
    auto library = LibdecorLibrary::load(open);
    if (!library) {
        log_missing_frames(globals,
                           fmt::format("libdecor can't be used ({}): install libdecor-0-0 and "
                                       "libdecor-0-plugin-1-cairo",
                                       library.error().message()));
        return nullptr;
    }
    auto context = LibdecorContext::make(loop, connection, globals, *library);
    if (!context) {
        log_missing_frames(globals, context.error().message());
        return nullptr;
    }
    return std::move(*context);
}
#else
std::unique_ptr<Decorations> make_decorations(EventLoop&, Connection&, const Globals& globals,
                                              DecorationsChoice choice, const OpenLibrary&) {
    if (needed(globals, choice)) {
        log_missing_frames(globals, "this program was built without libdecor");
    }
    return nullptr;
}
#endif

}  // namespace oriel::wayland
