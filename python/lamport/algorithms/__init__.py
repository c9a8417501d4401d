"""Algorithms to read, to run and to break: for ``algorithm=`` of `lamport.simulate` and `lamport.run_local`.

Each is a class of some forty lines, written to be read, that says where it comes from and what it promises;
beside it stand functions that judge a run by that promise. They return True, or a text that says what is
broken, as `lamport.search` asks for. All hold where channels are first in, first out and lose nothing, and
where a crash loses no state, as it is here.

On command lines they are ``lamport.algorithms:LamportMutex`` and so on.
"""

from lamport.algorithms.all_know import all_know
from lamport.algorithms.chandy_lamport import ChandyLamport
from lamport.algorithms.chang_roberts import ChangRoberts
from lamport.algorithms.consistent_cuts import consistent_cuts, snapshots_end
from lamport.algorithms.gossip import Gossip
from lamport.algorithms.lamport_mutex import LamportMutex
from lamport.algorithms.layer import Layer
from lamport.algorithms.mutual_exclusion import mutual_exclusion, served
from lamport.algorithms.one_leader import elected, one_leader
from lamport.algorithms.ricart_agrawala import RicartAgrawala
from lamport.algorithms.same_order import same_order, taken_by_all
from lamport.algorithms.total_order import TotalOrderMulticast

__all__ = [
    "ChandyLamport",
    "ChangRoberts",
    "Gossip",
    "LamportMutex",
    "Layer",
    "RicartAgrawala",
    "TotalOrderMulticast",
    "all_know",
    "consistent_cuts",
    "elected",
    "mutual_exclusion",
    "one_leader",
    "same_order",
    "served",
    "snapshots_end",
    "taken_by_all",
]
