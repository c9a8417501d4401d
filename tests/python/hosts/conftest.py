"""Hosts to run machines on."""

import pytest
from left_running import Mark
from loopback_sshd import Sshd, why_no_sshd
from namespaces import Network, why_not
from other_time import forget, why_no_faketime


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """The directory in which agents make theirs."""
    made = tmp_path / "kept"
    made.mkdir()
    monkeypatch.setenv("TMPDIR", str(made))
    return made


@pytest.fixture
def mark(monkeypatch, kept):
    """The mark of all that a test starts: whatever has it at the end is ended."""
    made = Mark()
    monkeypatch.setenv(made.name, made.value)
    yield made
    made.kill()


@pytest.fixture
def network(mark, request):
    """Three namespaces, or as many as the test says (indirectly parametrized)."""
    if why_not():
        pytest.skip(why_not())
    with Network(getattr(request, "param", 3)) as made:
        yield made


@pytest.fixture
def sshd(mark, tmp_path, monkeypatch):
    """A real sshd, and on PATH an ssh that knows it."""
    if why_no_sshd():
        pytest.skip(why_no_sshd())
    place = tmp_path / "sshd"
    place.mkdir()
    with Sshd(place) as made:
        monkeypatch.setenv("PATH", made.path)
        yield made


@pytest.fixture
def other_time():
    """That clocks can be put off; nothing is left of that."""
    if why_no_faketime():
        pytest.skip(why_no_faketime())
    yield
    forget()
