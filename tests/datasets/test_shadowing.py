"""Our data folder must never pass for the Hugging Face package of the same name.

Transformers asks `find_spec("datasets")` alone whether that package is there; a folder of
ours that answered would break it far from here.
"""

import os
import subprocess
import sys

import pytest

ASK = "import importlib.util as u; print(u.find_spec('datasets').origin)"


@pytest.mark.parametrize("start", ["from the root", "from elsewhere", "with the root first"])
def test_the_package_is_found_and_not_our_folder(root, tmp_path, start):
    # `python -c` puts the working directory first on the path, as a notebook would.
    path = {"PYTHONPATH": str(root)} if start == "with the root first" else {}
    found = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=root if start == "from the root" else tmp_path,
        env=os.environ | path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert "site-packages" in found
    assert found.endswith("__init__.py")


def test_the_folder_holds_data_only(root):
    code = [p.name for p in (root / "datasets").rglob("*") if p.suffix in (".py", ".pyc", ".pyi")]
    assert code == []
