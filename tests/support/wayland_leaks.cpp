// SPDX-License-Identifier: MIT
// To be compiled into a test whose connection may end while the compositor's answer to an import,
// which brings a new wl_buffer, has been read and not dispatched: libwayland makes the proxy when
// it reads, and forgets it with the queue (wl_event_queue_release() frees the event only).
#if defined(__SANITIZE_ADDRESS__)
#define ORIEL_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ORIEL_ADDRESS_SANITIZER
#endif
#endif

#ifdef ORIEL_ADDRESS_SANITIZER
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
    return "leak:wl_display_read_events\n";
}
#endif
