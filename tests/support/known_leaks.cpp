// SPDX-License-Identifier: MIT
#include "known_leaks.h"

#include <dlfcn.h>
#include <link.h>

#include <string>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#define ORIEL_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ORIEL_ADDRESS_SANITIZER
#endif
#endif

#ifdef ORIEL_ADDRESS_SANITIZER
// What others leak. fontconfig: libdecor's plugin writes titles with it and never calls FcFini().
// wl_display_read_events: a connection may end while the compositor's answer to
// an import, which brings a new wl_buffer, has been read and not dispatched. libwayland makes the
// proxy when it reads, and forgets it with the queue (wl_event_queue_release() frees the event
// only).
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
    return "leak:_dri.so\n"
           "leak:libgallium\n"
           "leak:libEGL\n"
           "leak:libLLVM\n"
           "leak:libfontconfig\n"
           "leak:wl_display_read_events\n";
}
#endif

namespace oriel::test {

void keep_gl_libraries_loaded() {
#ifdef ORIEL_ADDRESS_SANITIZER
    std::vector<std::string> names;
    ::dl_iterate_phdr(
        [](dl_phdr_info* info, size_t, void* list) {
            const std::string name = info->dlpi_name;
            if (name.find("_dri.so") != std::string::npos ||
                name.find("libgallium") != std::string::npos ||
                name.find("libEGL") != std::string::npos) {
                static_cast<std::vector<std::string>*>(list)->push_back(name);
            }
            return 0;
        },
        &names);
    for (const std::string& name : names) {
        ::dlopen(name.c_str(), RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
    }
#endif
}

}  // namespace oriel::test
