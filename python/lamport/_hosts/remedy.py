"""Why a host does not answer, and what helps."""

import re
import signal

from lamport._hosts.host import PYTHON, Host

__all__ = ["cannot_start", "plain", "why_silent"]

SSH_FAILED = 255
SHOWN = 600
"""Characters of what a host printed that a message shows."""
UNKNOWN = re.compile(r"could not resolve hostname|name or service not known|no address associated")
HOST_KEY = re.compile(r"host key verification failed|remote host identification has changed")
REFUSED = re.compile(r"permission denied|too many authentication failures|no more authentication")
UNREACHED = re.compile(r"connection (refused|timed out|closed|reset)|no route to host|unreachable|timed out")
NO_AGENT = re.compile(r"no module named '?lamport\.(agent|_agent)")
NO_LAMPORT = re.compile(r"no module named '?lamport\b")
NO_PYTHON = re.compile(r"not found|no such file or directory|cannot execute")
"""What programs print, in small letters."""


def cannot_start(host: Host, error: OSError) -> str:
    """Say why the command of a host does not start here."""
    program = host.words[0]
    why = error.strerror or str(error)
    if isinstance(error, FileNotFoundError):
        return f"there is no program {program!r} here, with which its command begins: install it"
    return f"its command does not start here: {program}: {why}"


def why_silent(host: Host, status: int | None, noise: str, printed: str) -> str:
    """Say why there was no line of an agent.

    Parameters
    ----------
    host : Host
        The host.
    status : int or None
        How its command ended; None: it has not.
    noise, printed : str
        What it printed on standard output and error.
    """
    said = "\n".join(part for part in (printed, noise) if part)
    how = "" if status is None else f" ({_how(status)})"
    told = "nothing came" if status is None else f"its command ended{how}"
    shown = f": it printed\n{_indented(said)}" if said else ", and printed nothing"
    return f"{told} before the first line of an agent{shown}\n{_remedy(host, status, said)}"


def _remedy(host: Host, status: int | None, said: str) -> str:
    python = host.python or PYTHON
    said = said.lower()
    if "lamport.agent takes orders" in said:
        return "its standard input is a terminal there: leave out the option that makes one, such as -t"
    if NO_AGENT.search(said):
        return f"the lamport of {python} there is older than agents: install this version, {_version()}"
    if NO_LAMPORT.search(said):
        return (
            f"{python} has no lamport there: install it, `{python} -m pip install lamport=={_version()}`, "
            "or say which Python has it, python='/path/to/python'"
        )
    if host.destination is not None and status == SSH_FAILED and (told := _of_ssh(host, said)):
        return told
    if status in {126, 127} or NO_PYTHON.search(said):
        return f"is there a {python} on its PATH? Say which Python has lamport, python='/path/to/python'"
    return f"try it by hand, `{' '.join(host.words)} < /dev/null`: an agent says hello and ends"


def _of_ssh(host: Host, said: str) -> str:
    """Say what helps where ssh itself failed, if that is known."""
    if UNKNOWN.search(said):
        return f"no host of this name is known here: look at {host.name!r}, or at ~/.ssh/config"
    if HOST_KEY.search(said):
        return f"ssh does not know its key: connect once by hand, `ssh {host.name}`, and compare the key"
    if REFUSED.search(said):
        return (
            "it refuses the key of this user, and nobody is asked for a password: "
            f"`ssh -o BatchMode=yes {host.name} true` has to work first; `ssh-copy-id {host.name}` or an "
            "ssh-agent helps"
        )
    if UNREACHED.search(said):
        return "it was not reached: is it up, is this its name, does a firewall let ssh through?"
    return ""


def _how(status: int) -> str:
    if status < 0:
        try:
            return f"signal {signal.Signals(-status).name}"
        except ValueError:
            return f"signal {-status}"
    return f"exit status {status}"


def _indented(said: str) -> str:
    text = said if len(said) <= SHOWN else f"... {said[-SHOWN:]}"
    return "\n".join(f"  {line}" for line in plain(text).splitlines() if line.strip())


def plain(text: str) -> str:
    """Return what a host prints or says as what stays text on a terminal."""
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text)


def _version() -> str:
    from lamport._lamport import __version__

    return __version__
