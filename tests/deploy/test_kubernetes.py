"""The StatefulSet: valid by Kubernetes' own schemas, locked down, and its commands work."""

from collections.abc import Iterator
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from chatapp_tail import __version__
from tests.deploy.given import DEPLOY, environment, log_in, quoted, run_tail
from tests.support.emulated import Emulator

TEXT = (DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8")
SERVICE, STATEFUL_SET = yaml.safe_load_all(TEXT)
POD = STATEFUL_SET["spec"]["template"]["spec"]
(LOGIN,), (TAIL,) = POD["initContainers"], POD["containers"]


@pytest.mark.parametrize("version", ["1.28", "1.37"])
def test_schemas_accept_it_and_know_every_field(version: str) -> None:
    for resource in (SERVICE, STATEFUL_SET):
        kubernetes_validate.validate(resource, version, strict=True)


def test_unknown_field_is_refused_by_the_schemas() -> None:
    wrong = {**STATEFUL_SET, "spec": {**STATEFUL_SET["spec"], "replica": 3}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.37", strict=True)


def test_labels_names_images_and_volumes_agree() -> None:
    spec = STATEFUL_SET["spec"]
    labels = spec["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"] == SERVICE["spec"]["selector"] == labels
    assert spec["serviceName"] == SERVICE["metadata"]["name"]
    assert {"name": "SHARDS", "value": str(spec["replicas"])} in TAIL["env"]
    assert {one["image"] for one in (LOGIN, TAIL)} == {f"chatapp-tail:{__version__}"}
    volumes = {one["name"] for one in POD["volumes"]}
    volumes |= {one["metadata"]["name"] for one in spec["volumeClaimTemplates"]}
    assert {one["name"] for one in mounts()} == volumes


def test_nothing_is_root_and_only_data_and_tmp_can_be_written() -> None:
    assert POD["securityContext"]["runAsNonRoot"] is True
    for container in (LOGIN, TAIL):
        locked = container["securityContext"]
        assert locked["readOnlyRootFilesystem"] is True
        assert locked["allowPrivilegeEscalation"] is False
        assert locked["capabilities"] == {"drop": ["ALL"]}
    writable = {one["mountPath"] for one in mounts() if not one.get("readOnly")}
    assert writable == {"/data", "/tmp"}  # noqa: S108 (in the container)


def mounts() -> Iterator[dict[str, object]]:
    for container in (LOGIN, TAIL):
        yield from container["volumeMounts"]


def test_pods_log_in_and_record_their_share(emulator: Emulator, tmp_path: Path) -> None:
    found = environment(emulator, SHARD="0", SHARDS="3")
    (login,), (tail,) = LOGIN["args"], TAIL["args"]
    log_in(tmp_path, login.replace("/login/password", quoted(tmp_path / "password")), found)
    assert emulator.requests.count("/v1/tokens") == 1
    words = run_tail(tmp_path, tail.replace("/tmp/ready", quoted(tmp_path / "ready")), found)  # noqa: S108
    assert "watching 1 channel of 6" in words
    assert (tmp_path / "ready").exists()
