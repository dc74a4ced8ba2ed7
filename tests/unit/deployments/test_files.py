"""`deployments/`: every file against its schema, and every name in it against what there is."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from typer.main import get_command

from flows.cli.main import app
from flows.serving import BESIDE, declared
from tasks.setup.pools import QUEUES
from tests.conftest import ROOT

FOLDER = ROOT / "deployments"
SCHEMAS = Path(__file__).parent / "schemas"
KUBERNETES = sorted(one for one in (FOLDER / "kubernetes").glob("*.yaml") if one.name != "kustomization.yaml")
UNITS = sorted([*(FOLDER / "systemd").glob("*.service"), *(FOLDER / "systemd").glob("*.target")])
TO_BE_WRITTEN = {
    "accounts.env",
    "tieout.toml",
}  # by whoever installs; examples stand beside them or `tieout init` writes
_SECRET = re.compile(r"PASSWORD|SECRET|_KEY$|AUTH|_URL$")
_HARMLESS = re.compile(r"http://127\.0\.0\.1:\d+(/api)?")


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    return loaded


def documents() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in KUBERNETES:
        for one in yaml.safe_load_all(file.read_text()):
            yield f"{file.stem}/{one['kind']}/{one['metadata']['name']}", one


def examples() -> list[Path]:
    return [*FOLDER.rglob("*.env.example"), FOLDER / ".env.example"]


# Compose


def test_compose_is_what_its_specification_says() -> None:
    schema = json.loads((SCHEMAS / "compose-spec.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.Draft7Validator(schema).validate(compose())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(schema).validate(compose() | {"services": {"server": {"imagee": "x"}}})


def test_compose_names_only_services_volumes_and_files_that_are_there() -> None:
    content = compose()
    for name, service in content["services"].items():
        assert set(service.get("depends_on", {})) <= set(content["services"]), name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            known = source in content["volumes"] or Path(source).name in TO_BE_WRITTEN or (FOLDER / source).is_file()
            assert known, f"{name}: {volume}"
        for file in service.get("env_file", []):
            assert file in TO_BE_WRITTEN
            assert (FOLDER / f"{file}.example").is_file()
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
    build = content["x-image"]["build"]
    assert (FOLDER / build["context"] / build["dockerfile"]).is_file()


def test_every_variable_of_compose_is_in_the_example() -> None:
    wanted = set(re.findall(r"\$\{(\w+)", (FOLDER / "compose.yaml").read_text())) - {"TIEOUT_VERSION"}
    assert wanted == set(settings_of(FOLDER / ".env.example"))


def test_passwords_are_asked_for_and_never_defaulted() -> None:
    text = (FOLDER / "compose.yaml").read_text()
    for name, default in re.findall(r"\$\{(\w+)(:[^}]*)?\}", text):
        if _SECRET.search(name) and not name.endswith("_URL"):
            assert default.startswith(":?"), name


# Kubernetes


@pytest.mark.parametrize(("name", "document"), list(documents()), ids=lambda one: one if isinstance(one, str) else "")
def test_manifests_are_what_kubernetes_takes(name: str, document: dict[str, Any]) -> None:
    schema = json.loads((SCHEMAS / "kubernetes-1.33.json").read_text())
    kind = schema["kinds"][f"{document['apiVersion']} {document['kind']}"]
    wanted = {"$ref": f"#/$defs/{kind}", "$defs": schema["$defs"]}

    jsonschema.Draft202012Validator(wanted).validate(document)

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(wanted).validate(document | {"specc": {}})


def test_manifests_fit_each_other() -> None:
    found = dict(documents())
    names = {(one["kind"], one["metadata"]["name"]) for one in found.values()}
    given = {("ConfigMap", "tieout-toml"), ("Secret", "tieout-secrets")}  # made beforehand, as the kustomization says
    for name, one in found.items():
        for kind, key in (("ConfigMap", "configMapRef"), ("Secret", "secretRef"), ("ConfigMap", "configMap")):
            assert {(kind, each["name"]) for each in below(one, key)} <= names | given, name
        claims = {("PersistentVolumeClaim", each["claimName"]) for each in below(one, "persistentVolumeClaim")}
        assert claims <= names
        if one["kind"] == "Deployment":
            labels = one["spec"]["template"]["metadata"]["labels"]
            assert one["spec"]["selector"]["matchLabels"] == labels
        if one["kind"] == "Service":
            assert ("Deployment", one["spec"]["selector"]["app.kubernetes.io/name"]) in names


def below(value: Any, key: str) -> Iterator[Any]:
    """Everything that stands under a key, however deep."""
    if isinstance(value, dict):
        yield from (each for name, each in value.items() if name == key)
        for each in value.values():
            yield from below(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from below(each, key)


def test_the_kustomization_holds_every_manifest_and_builds() -> None:
    content = yaml.safe_load((FOLDER / "kubernetes" / "kustomization.yaml").read_text())
    assert sorted(content["resources"]) == [one.name for one in KUBERNETES]
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("no kubectl on this machine")
    done = subprocess.run(
        [kubectl, "kustomize", str(FOLDER / "kubernetes")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(list(yaml.safe_load_all(done.stdout))) == len(list(documents()))


# Units


def test_units_are_what_systemd_takes(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd on this machine")
    for unit in UNITS:  # the programs stand elsewhere on this machine
        text = unit.read_text().replace("/opt/tieout/.venv/bin/", f"{ROOT}/.venv/bin/")
        (tmp_path / unit.name).write_text(text)
    paths = [str(tmp_path / unit.name).replace("@.", "@tieout.") for unit in UNITS]
    done = subprocess.run(
        [analyze, "verify", "--man=no", "--recursive-errors=no", *paths], capture_output=True, text=True, check=False
    )
    told = [line for line in done.stderr.splitlines() if "tieout" in line]
    assert (done.returncode, told) == (0, [])


def test_the_target_starts_every_unit() -> None:
    wanted = (FOLDER / "systemd" / "tieout.target").read_text()
    for unit in UNITS:
        if unit.suffix == ".service":
            assert unit.name.replace("@.", "@tieout.") in wanted
            assert "EnvironmentFile=/etc/tieout/tieout.env" in unit.read_text()


# The image

INSTRUCTIONS = {"FROM", "ENV", "RUN", "WORKDIR", "COPY", "USER", "VOLUME", "ENTRYPOINT", "CMD"}


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n", " ", (FOLDER / "Dockerfile").read_text())
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.partition(" ")[0], line.partition(" ")[2].strip()) for line in lines]


def test_the_image_is_made_of_files_that_are_there_and_runs_as_nobody_special() -> None:
    found = instructions()
    assert {name for name, _ in found} <= INSTRUCTIONS
    assert found[0][0] == "FROM"
    stages = [words.split()[-1] for name, words in found if name == "FROM" and " AS " in words]
    allowed = {line[1:] for line in (FOLDER / "Dockerfile.dockerignore").read_text().splitlines() if line[0] == "!"}
    for name, words in found:
        parts = shlex.split(words)
        origin = next((one.removeprefix("--from=") for one in parts if one.startswith("--from=")), None)
        if name == "COPY" and origin is None:
            sources = [one for one in parts if not one.startswith("--")][:-1]
            assert all((ROOT / one).exists() for one in sources), words
            assert set(sources) <= allowed
        elif name == "COPY":
            assert origin in stages
        elif name in {"ENTRYPOINT", "CMD", "VOLUME"} and words.startswith("["):
            assert json.loads(words)
    packages = re.findall(r"packages = \[(.*)\]", (ROOT / "pyproject.toml").read_text())[0]
    assert set(re.findall(r'"(\w+)"', packages)) <= allowed
    users = [words for name, words in found if name == "USER"]
    assert users == ["tieout"]


def test_the_image_is_built_with_the_uv_of_the_makefile() -> None:
    version = re.findall(r"UV_VERSION := (\S+)", (ROOT / "Makefile").read_text())
    assert re.findall(r"uv==(\S+)", (FOLDER / "Dockerfile").read_text()) == version


# What all of them say


def command_lines() -> Iterator[str]:
    for service in compose()["services"].values():
        words = service.get("command", [])
        yield " ".join(words[2:] if words[:1] == ["sh"] else words)
    for _, document in documents():
        for args in below(document, "args"):
            yield " ".join(args[2:] if args[:1] == ["sh"] else args)
    for unit in UNITS:
        yield from re.findall(r"^ExecStart=/opt/tieout/\.venv/bin/(.+)$", unit.read_text(), re.MULTILINE)


@pytest.mark.parametrize("line", sorted({each.strip() for one in command_lines() for each in one.split("&&")}))
def test_every_command_that_is_started_exists(line: str) -> None:
    words = shlex.split(line)
    if words[:1] == ["tieout"]:
        command: Any = get_command(app)
        for word in words[1:]:
            if word.startswith("-"):
                known = {each for one in command.params for each in one.opts}
                assert word in known, line
            elif getattr(command, "commands", None):
                assert word in command.commands, line
                command = command.commands[word]
    elif words[:1] == ["prefect"]:
        assert words[1] in {"server", "worker", "--no-prompt", "deployment"}, line
        if "--pool" in words and "%i" not in words:
            assert words[words.index("--pool") + 1] in {one.pool for one in declared(BESIDE)}
    elif words:
        assert words[0] in {"python", "redis-server"}, line


def names() -> set[str]:
    """Every environment name that any of the files sets."""
    found = {name for service in compose()["services"].values() for name in service.get("environment", {})}
    found |= {name for _, one in documents() if one["kind"] == "ConfigMap" for name in one["data"]}
    found |= {name for file in examples() for name in settings_of(file)}
    found |= set(re.findall(r"\b(PREFECT_\w+)=", (FOLDER / "Dockerfile").read_text()))
    return found


def test_every_name_of_prefect_is_a_setting_of_prefect() -> None:
    from prefect.settings.legacy import _get_settings_fields
    from prefect.settings.models.root import Settings
    from prefect_redis.client import RedisMessagingSettings

    known = set(_get_settings_fields(Settings))
    known |= {f"PREFECT_REDIS_MESSAGING_{one.upper()}" for one in RedisMessagingSettings.model_fields}
    ours = {"PREFECT_AUTH", "PREFECT_DB_PASSWORD"}  # of compose's own example
    assert {one for one in names() if one.startswith("PREFECT_")} - known == ours


def test_the_messaging_modules_are_installed() -> None:
    from importlib.util import find_spec

    modules = {
        value
        for service in compose()["services"].values()
        for value in service.get("environment", {}).values()
        if str(value).startswith("prefect_redis.")
    }
    assert len(modules) == 3
    assert all(find_spec(one) for one in modules)


def settings_of(file: Path) -> dict[str, str]:
    lines = (line for line in file.read_text().splitlines() if line and not line.startswith("#"))
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def test_the_examples_hold_no_secret() -> None:
    for file in examples():
        for name, value in settings_of(file).items():
            assert not _SECRET.search(name) or not value or _HARMLESS.fullmatch(value), f"{file.name}: {name}"


def test_the_queues_that_deployments_name_are_set_up() -> None:
    assert {one.queue for one in declared(BESIDE)} - {None} <= {one.name for one in QUEUES}
