// SPDX-License-Identifier: MIT
#include "record/recordings.h"

#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

namespace oriel::app {
namespace {

/// Whether the recorder will find it, which is started with the same PATH.
bool has_ffmpeg() {
    const char* const path = std::getenv("PATH");
    std::string_view rest = path != nullptr ? path : "/usr/bin:/bin";
    while (!rest.empty()) {
        const std::string_view folder = rest.substr(0, rest.find(':'));
        rest.remove_prefix(std::min(folder.size() + 1, rest.size()));
        if (::access(fmt::format("{}/ffmpeg", folder).c_str(), X_OK) == 0) {
            return true;
        }
    }
    return false;
}

}  // namespace

Recordings::Recordings(EventLoop& loop, card::Card& card, std::string program)
    : loop_{loop},
      card_{card},
      program_{std::move(program)},
      unwatch_{loop, [this] {
                   for (ScanoutId scanout = 0; scanout < recordings_.size(); ++scanout) {
                       if (recordings_[scanout] != nullptr && !recordings_[scanout]->running()) {
                           card_.watch_frames(scanout, nullptr);
                       }
                   }
               }} {}

Recordings::~Recordings() {
    finish();
}

Result<void> Recordings::start(ScanoutId scanout, Recording::Request request,
                               const UniqueFd& output) {
    auto& recording = recordings_[scanout];
    if (recording != nullptr && !recording->ended()) {
        return host_error("screen {} {} ({})", scanout,
                          recording->running() ? "is being recorded already"
                                               : "has a recording that is not finished yet",
                          "oriel ctl NAME record stop");
    }
    if (!output) {
        return host_error("no file came with the request");
    }
    if (is_video(request.choice.format) && !has_ffmpeg()) {
        return host_error("videos are written by ffmpeg, which is not installed (package ffmpeg)");
    }
    auto next = std::make_unique<Recording>(loop_, card_, scanout, std::move(request));
    if (auto started = next->start(program_, output); !started) {
        return started;
    }
    recording = std::move(next);
    card_.watch_frames(scanout, this);
    return {};
}

Result<void> Recordings::stop(ScanoutId scanout) {
    auto& recording = recordings_[scanout];
    if (recording == nullptr) {
        return host_error("screen {} is not being recorded", scanout);
    }
    card_.watch_frames(scanout, nullptr);
    recording->stop();
    return {};
}

nlohmann::json Recordings::report(ScanoutId scanout) const {
    const auto& recording = recordings_[scanout];
    return recording != nullptr ? recording->report() : nlohmann::json{};
}

nlohmann::json Recordings::report() const {
    nlohmann::json all = nlohmann::json::array();
    for (const auto& recording : recordings_) {
        if (recording != nullptr) {
            all.push_back(recording->report());
        }
    }
    return all;
}

void Recordings::finish() {
    for (ScanoutId scanout = 0; scanout < recordings_.size(); ++scanout) {
        if (recordings_[scanout] != nullptr) {
            card_.watch_frames(scanout, nullptr);
            recordings_[scanout]->stop();
        }
    }
    // All are told before the first is waited for.
    for (auto& recording : recordings_) {
        recording.reset();
    }
}

void Recordings::frame_flushed(ScanoutId scanout, const Region& damage) {
    recordings_[scanout]->frame_flushed(damage);
    if (!recordings_[scanout]->running()) {
        unwatch_.schedule();
    }
}

void Recordings::cursor_changed(ScanoutId scanout) {
    recordings_[scanout]->cursor_changed();
}

void Recordings::screen_went_dark(ScanoutId scanout) {
    recordings_[scanout]->went_dark();
}

}  // namespace oriel::app
