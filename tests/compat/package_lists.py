# SPDX-License-Identifier: MIT
"""package_lists.py BUILD-FOLDER: what data/debian says of the packages fits to what the build installs and needs.
Packages themselves are made and tried by packages.py, which takes longer."""

import fnmatch
import json
import re
import sys
from pathlib import Path

DEBIAN = Path(__file__).resolve().parents[2] / "data" / "debian"
# Those bring what every build has, and what makes only a developer's quicker.
NOT_NAMED = {"ccache", "g++", "libc6-dev", "ninja-build", "pkg-config"}


def installed(build):
    """Paths as a package has them."""
    options = {option["name"]: option["value"]
               for option in json.loads((build / "meson-info" / "intro-buildoptions.json").read_text())}
    listed = json.loads((build / "meson-info" / "intro-installed.json").read_text())
    return {str(Path("usr") / Path(path).relative_to(options["prefix"])) for path in listed.values()}


def patterns():
    """(package, pattern) of each line of data/debian/*.install."""
    for file in sorted(DEBIAN.glob("*.install")):
        for line in file.read_text().split():
            yield file.stem, line


def takes(pattern, path):
    """The pattern is of the path, or of a folder above it."""
    parts = path.split("/")
    return any(fnmatch.fnmatchcase("/".join(parts[:count]), pattern) for count in range(1, len(parts) + 1))


def file_complaints(paths):
    lists = list(patterns())
    for path in sorted(paths):
        owners = sorted({package for package, pattern in lists if takes(pattern, path)})
        if len(owners) != 1:
            yield f"{path}: in {' and '.join(owners) or 'no package'}"
    for package, pattern in lists:
        if not any(takes(pattern, path) for path in paths):
            yield f"{package}.install: nothing is installed as {pattern}"


def dependency_complaints():
    """The packages of data/setup/packages, set `build`, are build dependencies, and the other way round."""
    lines = (line.split() for line in (DEBIAN.parent / "setup" / "packages").read_text().splitlines())
    wanted = {words[1] for words in lines if words and words[0] == "build"} - NOT_NAMED
    control = (DEBIAN / "control").read_text()
    block = re.search(r"^Build-Depends:\n((?: .*\n)+)", control, re.M).group(1)
    named = {re.split(r"[ (|]", line.strip(" ,"))[0] for line in block.splitlines()} - {"debhelper-compat", "pkgconf"}
    yield from (f"control: no Build-Depends on {name}" for name in sorted(wanted - named))
    yield from (f"setup/packages: {name} is missing, which control names" for name in sorted(named - wanted))


def main():
    paths = installed(Path(sys.argv[1]))
    found = [*file_complaints(paths), *dependency_complaints()]
    print("\n".join(found) or f"{len(paths)} files and folders")
    return 1 if found or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
