# SPDX-License-Identifier: MIT
"""The commands of the recipes in data/ci, as each CI runs them: one after the other, to the first that fails."""

import yaml

RECIPES = ("gitlab-ci.yml", "github.yml", "forgejo.yml")


def job_of(recipe):
    """The one job of a recipe, whichever CI it is for."""
    content = yaml.safe_load(recipe.read_text(encoding="utf-8"))
    jobs = content.get("jobs", content)
    return jobs["guest-screens"]


def commands(recipe):
    """The lines of shell."""
    job = job_of(recipe)
    if "script" in job:
        return job["before_script"] + job["script"]
    return [line for step in job["steps"] for line in step.get("run", "").splitlines()]


def artifacts(recipe):
    """The paths that the CI keeps."""
    job = job_of(recipe)
    if "artifacts" in job:
        return job["artifacts"]["paths"] + list(job["artifacts"]["reports"].values())
    return [step["with"]["path"] for step in job["steps"] if "path" in step.get("with", {})]
