#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes what a build is made of: sbom.py OUTPUT VERSION BUILD-FOLDER SOURCE-FOLDER.

SPDX 2.3 in JSON (https://spdx.github.io/spdx-spec/v2.3/): this program, and each library that meson
found for it, with its version. Two builds of one commit write the same bytes.
"""

import hashlib
import json
import os
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

# What only tests and tools are linked with, by the names that meson finds them by.
NOT_SHIPPED = {"benchmark", "dl", "sdl2", "threads", "wayland-server"}


def epoch(source):
    """Seconds: when this version of the sources is from."""
    if "SOURCE_DATE_EPOCH" in os.environ:
        return int(os.environ["SOURCE_DATE_EPOCH"])
    commit = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=source, capture_output=True,
                            text=True, check=False)
    return int(commit.stdout) if commit.returncode == 0 and commit.stdout.strip() else 0


def package(name, version, licence):
    return {
        "SPDXID": "SPDXRef-" + "".join(c if c.isalnum() or c in ".-" else "-" for c in name),
        "name": name,
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": licence,
        "licenseDeclared": licence,
        "copyrightText": "NOASSERTION",
    }


def main():
    output, version, build, source = sys.argv[1:]
    found = json.loads((Path(build) / "meson-info" / "intro-dependencies.json").read_text())
    libraries = {item["name"]: item["version"] for item in found
                 if item["name"] and item["name"] not in NOT_SHIPPED}
    own = package("oriel", version, "MIT")
    others = [package(name, libraries[name], "NOASSERTION") for name in sorted(libraries)]
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"oriel-{version}",
        "creationInfo": {
            "created": datetime.fromtimestamp(epoch(source), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": ["Tool: data/setup/sbom.py"],
        },
        "packages": [own, *others],
        "relationships": [
            {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
             "relatedSpdxElement": own["SPDXID"]},
            *({"spdxElementId": own["SPDXID"], "relationshipType": "DEPENDS_ON",
               "relatedSpdxElement": other["SPDXID"]} for other in others),
        ],
    }
    # Unique for what is in it, as the specification wants, and the same for the same.
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    document["documentNamespace"] = f"https://spdx.org/spdxdocs/oriel-{version}-{digest}"
    Path(output).write_text(json.dumps(document, indent=2) + "\n")


main()
