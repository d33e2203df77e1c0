"""`make setup` on a machine where something is missing and nobody may install it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[3] / "scripts" / "setup.sh"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user without sudo")
def test_who_may_not_install_reads_the_line_to_run(tmp_path: Path) -> None:
    for name in ("bash", "dirname", "id"):
        found = shutil.which(name)
        assert found is not None
        (tmp_path / name).symlink_to(found)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and not folder.stat().st_mode & 0o005:
            folder.chmod(0o755)
    done = subprocess.run(
        ["/bin/bash", "-s", "--", str(SETUP)],
        input=SETUP.read_text().replace('cd "$(dirname "$0")/.."', "cd /"),
        env={"PATH": str(tmp_path)},
        user=65534,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "apt-get install -y --no-install-recommends" in done.stderr
    assert "bubblewrap" in done.stderr
    assert "npm" in done.stderr
