# SPDX-License-Identifier: MIT
"""oriel ctl NAME record: what a real guest shows is in PNG files exactly, in a Y4M stream within what
8 bits of YUV can hold, and in videos by ffmpeg, at the right time and with the cursor. A full disk, a
reader that does not read, a recorder that is killed and a VM that ends hurt nobody else."""

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

from harness import check, child_programs, main, need_program, prepare_vm, wait_for
from picture import Picture, difference, known_picture, read_png

SIZE = (800, 600)
# Y4M is 4:4:4: what is left is rounding, twice.
ROUNDING = 3
# Videos are 4:2:0: colours of single pixels are gone, those of areas are not.
VIDEO_AREA = 8


class Recorded:
    """The VM `vm`, whose first screen shows the known picture, and its recordings."""

    def __init__(self, lab, oriel):
        self.lab = lab
        self.oriel = oriel
        self.want = known_picture(*SIZE)

    def ctl(self, *arguments, status=0):
        done = self.lab.run_oriel("ctl", "vm", *arguments, timeout=60)
        check(done.returncode == status,
              f"ctl {arguments}: status {done.returncode}, not {status}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def state(self):
        return self.oriel.stats()["recordings"][0]

    def path(self, name):
        return self.lab.folder / name

    def record(self, name, seconds, *options):
        """A recording of so long; what `record stop` says of it."""
        self.ctl("record", self.path(name), *options)
        time.sleep(seconds)
        return json.loads(self.ctl("record", "stop", "--json"))


def ffmpeg_frames(path, matrix=""):
    """The frames of a file as ffmpeg decodes them."""
    matrix = f"scale=in_color_matrix=bt709:in_range=tv:flags=accurate_rnd{matrix}"
    raw = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-vf", matrix, "-fps_mode",
                          "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
                         capture_output=True, check=True).stdout
    stride = 3 * SIZE[0]
    one = stride * SIZE[1]
    check(raw and len(raw) % one == 0, f"{path}: {len(raw)} bytes are no frames of {SIZE}")
    return [Picture(*SIZE, [raw[start + y * stride:start + (y + 1) * stride]
                            for y in range(SIZE[1])]) for start in range(0, len(raw), one)]


def probe(path):
    said = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-show_streams",
                           "-show_format", "-of", "json", path], capture_output=True, text=True,
                          check=True).stdout
    facts = json.loads(said)
    return facts["streams"][0], float(facts["format"]["duration"])


def farthest(got, want):
    """The largest difference of a channel."""
    return max(max(abs(a - b) for a, b in zip(*rows)) for rows in zip(got.rows, want.rows))


def check_png(recorded):
    folder = recorded.path("frames")
    summary = recorded.record("frames", 0.5)
    check(summary["dropped"] == 0, str(summary))
    wrong = difference(read_png(folder / "frame-000001.png"), recorded.want)
    check(wrong is None, f"the PNG file: {wrong}")
    check((folder / "frames.ffconcat").read_text().startswith(
        "ffconcat version 1.0\nfile frame-000001.png\nduration 0."), "no list")
    played = ffmpeg_frames(folder / "frames.ffconcat")
    check(difference(played[0], recorded.want) is None, "ffmpeg reads another picture of the list")
    said = recorded.ctl("record", folder, status=1)
    check("the folder is not empty" in said, said)
    recorded.ctl("record", recorded.path("none/frames"), status=1)


def check_y4m(recorded):
    summary = recorded.record("film.y4m", 1, "--rate", "10")
    frames = ffmpeg_frames(recorded.path("film.y4m"))
    # A second and what ctl takes; each is there, though the guest has drawn nothing.
    check(10 <= len(frames) <= 30 and abs(len(frames) - summary["seconds"] * 10) <= 2,
          f"{len(frames)} frames: {summary}")
    off = farthest(frames[-1], recorded.want)
    check(off <= ROUNDING, f"Y4M is off by {off}")
    check(all(frame.rows == frames[0].rows for frame in frames), "the frames differ")


def check_pipe(recorded):
    pipe = recorded.path("pipe")
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(Path(pipe).read_bytes()))
    reader.start()
    recorded.record("pipe", 0.3)
    reader.join(20)
    check(read and read[0].startswith(b"YUV4MPEG2 W800 H600 F60:1 "), "nothing came from the pipe")
    # Standard output is a pipe, too.
    with subprocess.Popen([recorded.lab.oriel_program, "ctl", "vm", "record", "-"],
                          env=recorded.lab.environment(), stdout=subprocess.PIPE) as process:
        check(process.stdout.read(9) == b"YUV4MPEG2", "nothing came from standard output")
        check(process.wait(10) == 0, "record - failed")
        process.stdout.close()
    # Its reader is gone.
    wait_for(lambda: recorded.state()["state"] == "failed", 20, "the recording has ended")
    check("Broken pipe" in recorded.ctl("record", "stop", status=1), "no reason is told")


def check_video(recorded, name, codec, *options):
    summary = recorded.record(name, 1, *options)
    stream, seconds = probe(recorded.path(name))
    check(stream["codec_name"] == codec, f"{name}: {stream['codec_name']}")
    check((stream["width"], stream["height"]) == SIZE, f"{name}: {stream}")
    check(stream["color_space"] == "bt709" and stream["color_range"] == "tv", f"{name}: {stream}")
    check(abs(seconds - summary["seconds"]) < 0.25, f"{name}: {seconds} s of {summary}")
    frames = int(stream["nb_read_frames"])
    if "--variable" in options:
        check(frames <= 4, f"{name}: {frames} frames of a picture that does not change")
    else:
        rate = int(options[options.index("--rate") + 1])
        check(abs(frames - seconds * rate) <= 3, f"{name}: {frames} frames in {seconds} s")
    last = ffmpeg_frames(recorded.path(name))[-1]
    # In the middle of each of the eight colour bars.
    for x in range(SIZE[0] // 16, SIZE[0], SIZE[0] // 8):
        got, want = (one.pixel(x, SIZE[1] // 2) for one in (last, recorded.want))
        check(max(abs(a - b) for a, b in zip(got, want)) <= VIDEO_AREA, f"{name}: {got} for {want}")


def check_wrong_use(recorded):
    said = recorded.ctl("record", recorded.path("a.avi"), status=2)
    check(".webm" in said, said)
    said = recorded.ctl("record", recorded.path("a.y4m"), "--variable", status=2)
    check("one rate" in said, said)
    said = recorded.ctl("record", "stop", "--scanout", "1", status=1)
    check("there is no screen 1" in said, said)
    recorded.ctl("record", "/proc/a.y4m", status=1)
    recorded.ctl("record", recorded.path("first.y4m"))
    said = recorded.ctl("record", recorded.path("second.y4m"), status=1)
    check("is being recorded already, to " in said and "first.y4m" in said, said)
    check(not recorded.path("second.y4m").exists(), "a file was made in vain")
    recorded.ctl("record", "stop")


def check_full_disk(recorded):
    full = recorded.path("full")
    full.mkdir()
    script = f'mount -t tmpfs -o size=4m none {full} || exit 77; exec "$@"'
    mount = ["unshare", "-m", "sh", "-c", script, "sh"]
    if subprocess.run([*mount, "true"], capture_output=True, check=False).returncode != 0:
        print("no mount namespace can be made: no disk is full")
        return
    # The file comes with the request: the serving process need not see that disk.
    for name in ("film.y4m", "film.mkv"):
        subprocess.run([*mount, recorded.lab.oriel_program, "ctl", "vm", "record", full / name,
                        "--rate", "240"], env=recorded.lab.environment(), check=True)
        if name.endswith(".mkv"):
            recorded.ctl("record", "stop")  # a still picture is small
            continue
        wait_for(lambda: recorded.state()["state"] == "failed", 30, "the disk is full", 0.1)
        check("No space left on device" in recorded.state()["error"], str(recorded.state()))
        said = recorded.ctl("record", "stop", status=1)
        check("No space left on device" in said, said)


def check_reader_that_does_not_read(recorded):
    pipe = recorded.path("deaf")
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    recorded.ctl("record", pipe)
    time.sleep(1)
    # A loop that waits for the pipe would answer nobody.
    check(recorded.oriel.screenshot() is not None, "no screenshot")
    check(recorded.state()["state"] == "running", str(recorded.state()))
    os.close(reader)
    wait_for(lambda: recorded.state()["state"] == "failed", 20, "its reader is gone")


def check_killed_recorder(recorded):
    recorded.ctl("record", recorded.path("killed.mp4"))

    def recorder():
        """None before the process has become that program."""
        recorders = [pid for pid in child_programs.helpers(recorded.oriel.pid)
                     if b"oriel-recorder" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        check(len(recorders) <= 1, f"recorders: {recorders}")
        return recorders[0] if recorders else None

    os.kill(wait_for(recorder, 20, "the recorder runs"), signal.SIGKILL)
    wait_for(lambda: recorded.state()["state"] == "failed", 20, "the recorder's end is seen")
    check("oriel-recorder ended" in recorded.ctl("record", "stop", status=1), "no reason")


def test(lab):
    need_program("ffmpeg")
    prepare_vm("debian")
    oriel = lab.oriel("headless", options=["--size", "%dx%d" % SIZE])
    recorded = Recorded(lab, oriel)
    # From the firmware on, whose pictures are smaller.
    recorded.ctl("record", recorded.path("boot"), "--rate", "5")
    vm = lab.vm(oriel, scenario="pattern")
    vm.wait_serial("pattern shown")
    lab.wait_picture(oriel.screenshot, recorded.want, "the guest's picture")
    recorded.ctl("record", "stop")
    boot = sorted(recorded.path("boot").glob("*.png"))
    check(len(boot) > 1 and difference(read_png(boot[-1]), recorded.want) is None,
          f"the last of {len(boot)} pictures of the boot is another one")

    check_wrong_use(recorded)
    check_png(recorded)
    check_y4m(recorded)
    check_pipe(recorded)
    check_video(recorded, "film.mp4", "h264", "--rate", "30")
    check_video(recorded, "film.webm", "vp9", "--rate", "10")
    check_video(recorded, "film.mkv", "h264", "--variable")
    check_video(recorded, "av1.mkv", "av1", "--rate", "10", "--codec", "av1")
    check_full_disk(recorded)
    check_reader_that_does_not_read(recorded)
    check_killed_recorder(recorded)

    recorded.ctl("record", recorded.path("end.mp4"), "--rate", "30")
    time.sleep(1)
    vm.kill()
    check(oriel.wait(60) == 0, "oriel did not end with status 0 when the VMM went away")
    _, seconds = probe(recorded.path("end.mp4"))
    check(0.9 < seconds < 15, f"the recording of a VM that ended is {seconds} s long")


main(test)
