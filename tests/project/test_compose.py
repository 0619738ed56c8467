"""docker-compose.yml is valid, pinned like the development host, and holds no secret."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]


def test_it_follows_the_compose_specification():
    schema = ["--builtin-schema", "vendor.compose-spec"]
    command = [sys.executable, "-m", "check_jsonschema", *schema, str(COMPOSE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_specification_notices_mistakes(tmp_path):
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(
        COMPOSE.read_text(encoding="utf-8").replace("healthcheck:", "healthchek:"), encoding="utf-8"
    )
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        str(broken),
    ]
    assert subprocess.run(command, capture_output=True, check=False).returncode


def test_what_runs_for_ever_says_how_it_feels(services):
    running = [name for name, service in services.items() if "profiles" not in service]
    assert [name for name in running if "healthcheck" not in services[name]] == []


def test_versions_are_named(services):
    assert services["db"]["image"] == "postgres:16"
    dockerfile = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"^FROM odoo:19$", dockerfile, re.MULTILINE)
    assert "requirements-oca.txt" in dockerfile


def test_what_the_image_picks_from_the_requirements_is_there():
    dockerfile = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
    names = re.search(r"grep -E '\^\(([^)]*)\)==", dockerfile)
    assert names
    pinned = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert [name for name in names[1].split("|") if not re.search(rf"^{name}==", pinned, re.MULTILINE)] == []


def test_only_the_job_service_runs_jobs(services):
    runners = [name for name, service in services.items() if "queue_job" in str(service.get("command"))]
    assert runners == ["jobs"]
    assert "ODOO_QUEUE_JOB_CHANNELS" in services["jobs"]["environment"]
    assert "ports" not in services["jobs"]


def test_passwords_come_from_outside(services):
    for service in services.values():
        for name, value in service.get("environment", {}).items():
            if "PASSWORD" in name:
                assert value.startswith("${POSTGRES_PASSWORD:?")
    example = (ROOT / "docker" / "env.example").read_text(encoding="utf-8")
    assert re.search(r"^POSTGRES_PASSWORD=$", example, re.MULTILINE)
