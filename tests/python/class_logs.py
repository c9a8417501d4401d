"""Logs as the programs of a class write them."""

import lamport


def write_text(home, *, queue=0, clock="new_clock", **mistake):
    """Write logs as a class does: the machine in the name of the file, neither sender nor timestamp."""
    home.mkdir(parents=True)
    for machine, rows in lamport.simulate(3, 60, seed=8, **mistake).events.groupby("machine_id"):
        lines = ["0.000000, INIT, L=0"]
        for row in rows.to_dict("records"):
            kind = "SEND(3)" if row["event"] == "SEND" else row["event"]
            more = f", queue={row['queue_len'] + queue}" if kind == "RECEIVE" else ""
            lines.append(f"{row['time']:.6f}, {kind}, L={row[clock]}{more}")
        (home / f"machine_{machine}.log").write_text("\n".join(lines) + "\n")
