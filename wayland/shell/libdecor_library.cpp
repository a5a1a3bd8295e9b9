// SPDX-License-Identifier: MIT
#include "shell/libdecor_library.h"

#include <dlfcn.h>
#include <link.h>

#include <string>
#include <vector>

namespace oriel::wayland {
namespace {

constexpr const char* kName = "libdecor-0.so.0";

void* open_for_good(const char* name) {
    return ::dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
}

const char* last_error() {
    const char* error = ::dlerror();
    return error != nullptr ? error : "not found";
}

template <class F>
bool find(void* library, const char* name, F*& function) {
    function = reinterpret_cast<F*>(::dlsym(library, name));
    return function != nullptr;
}

}  // namespace

Result<LibdecorLibrary> LibdecorLibrary::load(const OpenLibrary& open) {
    void* const library = open ? open(kName) : open_for_good(kName);
    if (library == nullptr) {
        return host_error("{}", last_error());
    }
    LibdecorLibrary table;
    const bool complete =
        find(library, "libdecor_new", table.create) &&
        find(library, "libdecor_unref", table.unref) &&
        find(library, "libdecor_dispatch", table.dispatch) &&
        find(library, "libdecor_decorate", table.decorate) &&
        find(library, "libdecor_frame_unref", table.frame_unref) &&
        find(library, "libdecor_frame_map", table.frame_map) &&
        find(library, "libdecor_frame_commit", table.frame_commit) &&
        find(library, "libdecor_frame_set_title", table.set_title) &&
        find(library, "libdecor_frame_set_app_id", table.set_app_id) &&
        find(library, "libdecor_frame_set_fullscreen", table.set_fullscreen) &&
        find(library, "libdecor_frame_unset_fullscreen", table.unset_fullscreen) &&
        find(library, "libdecor_frame_set_maximized", table.set_maximized) &&
        find(library, "libdecor_frame_set_min_content_size", table.set_min_content_size) &&
        find(library, "libdecor_frame_set_max_content_size", table.set_max_content_size) &&
        find(library, "libdecor_frame_get_xdg_toplevel", table.get_xdg_toplevel) &&
        find(library, "libdecor_state_new", table.state_new) &&
        find(library, "libdecor_state_free", table.state_free) &&
        find(library, "libdecor_configuration_get_content_size", table.get_content_size) &&
        find(library, "libdecor_configuration_get_window_state", table.get_window_state);
    if (!complete) {
        return host_error("{}", last_error());
    }
    return table;
}

bool LibdecorLibrary::plugin_loaded() {
    std::vector<std::string> names;
    ::dl_iterate_phdr(
        [](dl_phdr_info* info, size_t, void* list) {
            static_cast<std::vector<std::string>*>(list)->emplace_back(info->dlpi_name);
            return 0;
        },
        &names);
    for (const std::string& name : names) {
        void* const library =
            name.empty() ? nullptr : ::dlopen(name.c_str(), RTLD_LAZY | RTLD_NOLOAD);
        if (library == nullptr) {
            continue;
        }
        // What libdecor itself looks for in a plugin.
        const bool plugin = ::dlsym(library, "libdecor_plugin_description") != nullptr;
        ::dlclose(library);
        if (plugin) {
            return true;
        }
    }
    return false;
}

}  // namespace oriel::wayland
