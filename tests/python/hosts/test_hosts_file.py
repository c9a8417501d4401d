"""Files that say which hosts there are, and mistakes in them."""

import pytest

import lamport
from lamport._cli.commands import main
from lamport._hosts.hosts_file import read_hosts_file

WHOLE = """
ports = "9000:9100"
listen = "0.0.0.0"
python = "python3.12"

[[hosts]]
where = "lab@a"
address = "10.0.0.1"
machines = 4

[[hosts]]
where = ["docker", "exec", "-i", "c1"]
listen = "10.0.0.2"
ports = "9200:9210"
python = "/opt/venv/bin/python"
"""


def test_a_file_says_what_the_arguments_do(tmp_path):
    path = tmp_path / "hosts.toml"
    path.write_text(WHOLE)
    assert read_hosts_file(path) == {
        "hosts": [
            lamport.Host("lab@a", address="10.0.0.1", machines=4),
            lamport.Host(
                ["docker", "exec", "-i", "c1"],
                listen="10.0.0.2",
                ports="9200:9210",
                python="/opt/venv/bin/python",
            ),
        ],
        "ports": "9000:9100",
        "listen": "0.0.0.0",
        "python": "python3.12",
    }


MISTAKES = {
    "not TOML": ("[[hosts]\nwhere = 1", ["not TOML", "line 1"]),
    "no host": ("", ["it has no host", "[[hosts]]"]),
    "one table": ('[hosts]\nwhere = "a"', ["hosts is not a list of tables", "[[hosts]]"]),
    "strange key of all": ('port = "1:2"\n[[hosts]]\nwhere = "a"', ["port is nothing", "is ports meant?"]),
    "no where": ('[[hosts]]\naddress = "x"', ["host 1: it has no where"]),
    "strange key": (
        '[[hosts]]\nwhere = "a"\n[[hosts]]\nwhere = "b"\nadress = "x"',
        ["host 2 ('b')", "adress is nothing", "is address meant?"],
    ),
    "an option": ('[[hosts]]\nwhere = "-oX=y"', ["host 1 ('-oX=y')", "begins with '-'"]),
    "a wrong type": ('[[hosts]]\nwhere = "a"\nmachines = "3"', ["host 1 ('a')", "machines='3'"]),
    "wrong ports": ('[[hosts]]\nwhere = "a"\nports = 9000', ["host 1 ('a')", "ports=9000 are not ports"]),
    "wrong ports of all": ('ports = "x"\n[[hosts]]\nwhere = "a"', ["ports='x' are not ports"]),
    "wrong python": ('python = "a b"\n[[hosts]]\nwhere = "a"', ["python='a b' is not the name"]),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_name_file_entry_and_key(mistake, tmp_path, capsys):
    text, told = MISTAKES[mistake]
    path = tmp_path / "hosts.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"hosts\.toml: ") as raised:
        read_hosts_file(path)
    assert all(part in str(raised.value) for part in told), str(raised.value)
    assert main(["run", "--hosts", str(path), "--log-dir", str(tmp_path / "logs")]) == 2
    assert str(path) in capsys.readouterr().err
    assert not (tmp_path / "logs").exists()


def test_a_file_that_is_not_there(tmp_path, capsys):
    assert main(["run", "--hosts", str(tmp_path / "none.toml")]) == 1
    assert "none.toml" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--processes"], "--processes goes without --hosts"),
        (["--base-port", "9000"], "--base-port goes without --hosts"),
        (["--live"], "--live goes without --hosts"),
    ],
)
def test_options_that_are_of_one_host(words, why, tmp_path, capsys):
    path = tmp_path / "hosts.toml"
    path.write_text(WHOLE)
    assert main(["run", "--hosts", str(path), *words]) == 2
    assert why in capsys.readouterr().err
