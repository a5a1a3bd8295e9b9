// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace oriel::app {

/// The parts of the report that are the same in each: no file of another place is loaded.
inline constexpr std::string_view kHtmlHead = R"html(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>oriel test</title>
<style>
:root { color-scheme: light dark; --line: #8884; --good: #2a8f4d; --bad: #c8322f; --dim: #8889; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; padding: 1.2em; max-width: 78em; }
h1 { font-size: 1.4em; margin: 0 0 .2em; }
.sum { color: var(--dim); margin: 0 0 1.2em; }
details.test { border: 1px solid var(--line); border-radius: 8px; margin: .6em 0; }
details.test > summary { cursor: pointer; padding: .55em .8em; display: flex; gap: .8em; }
summary .name { font-weight: 600; flex: 1; }
summary .time { color: var(--dim); font-variant-numeric: tabular-nums; }
.mark { font-weight: 700; width: 4.6em; }
.passed .mark { color: var(--good); } .failed .mark, .broken .mark { color: var(--bad); }
.skipped .mark { color: var(--dim); }
.body { padding: 0 .8em .8em; }
.why { color: var(--bad); margin: .2em 0 .8em; overflow-wrap: anywhere; }
.film { display: flex; gap: .6em; overflow-x: auto; padding: .2em 0 .6em; }
.film figure { margin: 0; flex: 0 0 190px; font-size: .8em; }
.film img { width: 190px; height: 119px; object-fit: contain; background: #000;
  border: 2px solid var(--line); border-radius: 4px; display: block; }
.film .bad img { border-color: var(--bad); }
.film figcaption { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.recording video { max-width: 100%; max-height: 30em; background: #000; border-radius: 4px; }
table { border-collapse: collapse; width: 100%; font-size: .92em; }
td { border-top: 1px solid var(--line); padding: .25em .5em .25em 0; vertical-align: top;
  overflow-wrap: anywhere; }
td.t { text-align: right; color: var(--dim); white-space: nowrap; }
tr.bad td { color: var(--bad); }
pre { background: #8881; padding: .7em; border-radius: 6px; overflow: auto; max-height: 24em;
  font-size: .85em; white-space: pre-wrap; overflow-wrap: anywhere; }
.compare { margin: .6em 0 1em; }
.stack { position: relative; display: inline-block; max-width: 100%; background: #000; }
.stack img { display: block; max-width: 100%; }
.stack img + img { position: absolute; left: 0; top: 0; clip-path: inset(0 0 0 50%); }
/* The slider is over what it moves. */
.pair { width: fit-content; max-width: 100%; min-width: 12em; }
.pair input { width: 100%; margin: 0; display: block; }
.compare .names { display: flex; justify-content: space-between;
  color: var(--dim); font-size: .85em; }
.compare > img { max-width: 100%; }
dialog { border: 0; padding: 0; max-width: 96vw; background: #000; }
dialog img { display: block; max-width: 96vw; max-height: 94vh; }
</style></head><body>
)html";

inline constexpr std::string_view kHtmlFoot = R"html(<dialog id="large"><img alt=""></dialog>
<script>
document.querySelectorAll(".compare input").forEach(function (slider) {
  slider.addEventListener("input", function () {
    slider.parentElement.querySelector(".stack img + img").style.clipPath =
      "inset(0 0 0 " + slider.value + "%)";
});
});
var large = document.getElementById("large");
document.querySelectorAll(".film img").forEach(function(picture) {
    picture.addEventListener(
        "click", function() {
            large.firstElementChild.src = picture.src;
            large.showModal();
        });
});
large.addEventListener(
    "click", function() { large.close(); });
</script></body></html>
)html";

}  // namespace oriel::app
