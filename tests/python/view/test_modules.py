"""The page's pure modules in Node."""

import subprocess

from pages import JS, NODE


def test_pure_modules():
    done = subprocess.run([NODE, "--test", str(JS)], capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 26" in done.stdout
