// SPDX-License-Identifier: MIT
// needle-verdicts FOLDER FRAME.png...: what Oriel says about each of a folder's needles and each
// frame, a line of JSON each, as os_autoinst_verdicts.pl does it with os-autoinst.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "match/needle.h"
#include "match/png.h"

namespace {

using namespace oriel;
using nlohmann::json;

json verdict(const match::PictureView& frame, const match::Needle& needle) {
    const auto begin = std::chrono::steady_clock::now();
    const match::NeedleMatch found = match::match(frame, needle);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    json areas = json::array();
    for (const match::AreaMatch& area : found.areas) {
        areas.push_back({{"ok", area.ok},
                         {"similarity", area.similarity},
                         {"x", area.where.x},
                         {"y", area.where.y}});
    }
    return {{"needle", needle.name},
            {"ok", found.ok},
            {"error", found.error},
            {"seconds", took.count()},
            {"areas", areas}};
}

int run(const std::string& folder, const std::vector<std::string>& frames) {
    std::vector<match::Needle> needles;
    const auto files = match::needle_files(folder);
    if (!files) {
        std::fprintf(stderr, "%s\n", files.error().message().c_str());
        return 1;
    }
    needles.reserve(files->size());
    for (const std::string& file : *files) {
        auto needle = match::read_needle(file);
        if (!needle) {
            std::fprintf(stderr, "%s\n", needle.error().message().c_str());
            return 1;
        }
        needles.push_back(std::move(*needle));
    }
    for (const std::string& file : frames) {
        const auto frame = match::read_png(file);
        if (!frame) {
            std::fprintf(stderr, "%s\n", frame.error().message().c_str());
            return 1;
        }
        for (const match::Needle& needle : needles) {
            json line = verdict(frame->view(), needle);
            line["frame"] = std::filesystem::path{file}.filename().string();
            std::printf("%s\n", line.dump().c_str());
        }
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::fprintf(stderr, "needle-verdicts FOLDER FRAME.png...\n");
        return 2;
    }
    return run(argv[1], {argv + 2, argv + argc});
}
