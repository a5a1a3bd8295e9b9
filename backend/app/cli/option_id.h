// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

namespace oriel::app {

/// All options of all commands, in the order in which documents have them.
enum class OptionId : uint8_t {
    kName,
    kVfioUser,
    kVhostUser,
    kInputSocket,
    kQmp,
    kAgent,
    kClipboard,
    kDbus,
    kDbusName,
    kFd,
    kRoad,
    kNoAudio,
    kConnect,
    kEnable,
    kRunHeadless,
    kKeep,
    kSize,
    kOutputs,
    kTitle,
    kAppId,
    kFullscreen,
    kOutputMap,
    kMissingOutput,
    kResize,
    kScaling,
    kPath,
    kLatency,
    kDecorations,
    kInhibitIdle,
    kOnCompositorLoss,
    kHud,
    kGrab,
    kConfine,
    kPciClass,
    kOptionRom,
    kVgaMemory,
    kFreezeBlink,
    kJobs,
    kFilter,
    kListTests,
    kUpdate,
    kKeepGoing,
    kRerunFailed,
    kSeed,
    kOutput,
    kTap,
    kScanout,
    kDown,
    kUp,
    kJson,
    kOpenMetrics,
    kAllVms,
    kAllowStale,
    kTimeout,
    kOnce,
    kInterval,
    kCheck,
    kLogLevel,
    kHelp,
    kVersion,
};
constexpr size_t kOptionCount = static_cast<size_t>(OptionId::kVersion) + 1;

}  // namespace oriel::app
