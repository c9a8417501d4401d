//! What a machine is to be.

use std::path::PathBuf;

use crate::channel::key::Key;
use crate::drive::real::algorithm::AlgorithmConfig;
use crate::drive::real::gate;
use crate::drive::real::listen::Listening;
use crate::log::columns::Micros;
use crate::model::address::Address;
use crate::model::behavior::Behavior;
use crate::model::latency::Latency;
use crate::model::manner::Manner;
use crate::model::message::{MachineId, Nanos};

/// What a machine is to be.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a parameter that is on or off"
)]
pub struct Config {
    /// Its number in the run.
    pub machine_id: MachineId,
    /// Where it listens.
    pub listening: Listening,
    /// The machines it sends to.
    pub peers: Vec<Address>,
    /// Their ids, in the same order, if they are told; else their hellos tell.
    pub peer_ids: Option<Vec<MachineId>>,
    /// The log file, in a directory that exists.
    pub log: PathBuf,
    /// Whether an existing log is replaced.
    pub overwrite: bool,
    /// Whether it goes on where the log of a crashed machine stops.
    pub resume: bool,
    /// Peers that are elsewhere than the log to resume says: where it says, and where they are.
    pub moved: Vec<(Address, Address)>,
    /// Whether what others hear of is on storage before.
    pub is_synced: bool,
    /// Seconds of ticking.
    pub duration: f64,
    /// Ticks per second; drawn if `None`.
    pub clock_rate: Option<f64>,
    /// The upper end of the rates drawn.
    pub max_rate: u64,
    /// What idle ticks do.
    pub behavior: Behavior,
    /// What it has of its own beside that; weights are those of the peers, in their order.
    pub manner: Manner,
    /// A delay added to each message that comes.
    pub latency: Latency,
    /// The seed of all draws; that of the log resumed, or drawn, if `None`.
    pub seed: Option<u64>,
    /// Only machines of this run connect.
    pub run_id: String,
    /// The machines that send to it, where they are known; no others may.
    pub senders: Option<Vec<MachineId>>,
    /// Networks that may connect beside the peers' addresses.
    pub allowed: Vec<gate::Subnet>,
    /// Only machines with the same key connect, from any address.
    pub key: Option<Key>,
    /// Whether the last stretch of a wait for a tick is spent spinning.
    pub is_precise: bool,
    /// The Unix time of the zero of this host's clock, as the run took it; the wall clock tells it if `None`.
    pub unix_origin: Option<Nanos>,
    /// Its algorithm, in place of the built-in behaviour.
    pub algorithm: Option<AlgorithmConfig>,
    /// When the machine began to tick, should its log not tell, in Unix microseconds; its start if `None`.
    pub began: Option<Micros>,
}
