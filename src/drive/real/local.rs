//! All machines of a run in this process, over TCP on loopback.

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use crate::channel::key::Key;
use crate::drive::real::algorithm::LocalAlgorithm;
use crate::drive::real::clock::ProcessClock;
use crate::drive::real::listen::{self, Listening};
use crate::drive::real::machine::{Config, Machine};
use crate::drive::real::machine_list::MachineList;
use crate::drive::real::poll_thread::PollThread;
use crate::drive::real::room;
use crate::drive::real::running::Running;
use crate::drive::real::supervisor::{self, FaultPlan};
use crate::error::Result;
use crate::log::columns::Micros;
use crate::log::write::file::LogFile;
use crate::model::address::Address;
use crate::model::behavior::Behavior;
use crate::model::fault_schedule::FaultSchedule;
use crate::model::latency::Latency;
use crate::model::manner::Manners;
use crate::model::message::{MachineId, Nanos};
use crate::model::topology::Topology;

/// What a run on this host is to be.
#[derive(Debug, Clone)]
pub struct LocalConfig {
    /// Who sends to whom; machine i of it gets the id i + 1.
    pub topology: Topology,
    /// An existing directory: machine i logs to `machine_<i>.log` in it.
    pub log_dir: PathBuf,
    /// Seconds of ticking.
    pub duration: f64,
    /// Seconds to wait for all connections before the first tick.
    pub wait: f64,
    /// Ticks per second of each machine; drawn if `None`.
    pub rates: Option<Vec<f64>>,
    /// The upper end of the rates drawn.
    pub max_rate: u64,
    /// What idle ticks do.
    pub behavior: Behavior,
    /// What machines have of their own beside that.
    pub manners: Manners,
    /// A delay added to each message.
    pub latency: Latency,
    /// The seed of all draws.
    pub seed: u64,
    /// Only machines of this run connect.
    pub run_id: String,
    /// Machine i listens on this port + i - 1; on free ports if 0.
    pub base_port: u16,
    /// Whether the last stretch of a wait for a tick is spent spinning.
    pub is_precise: bool,
    /// Whether what others hear of is on storage before.
    pub is_synced: bool,
    /// What is to go wrong.
    pub faults: Arc<FaultSchedule>,
    /// Only machines with the same key connect.
    pub key: Option<Key>,
    /// The algorithms of the machines, in place of the built-in behaviour.
    pub algorithm: Option<LocalAlgorithm>,
    /// Whether the run ends when nothing is under way any more; only with algorithms.
    pub until_quiet: bool,
}

/// The machines of a run in this process.
#[derive(Debug)]
pub struct Local {
    machine_list: Arc<MachineList>,
    config: LocalConfig,
    common: Arc<Common>,
}

/// What the machines of a run have in common, those that come back too.
#[derive(Debug)]
struct Common {
    /// Where each machine listens.
    addresses: Vec<Address>,
    /// For each machine, those that alone may send to it; none if others can join.
    senders: Vec<Option<Vec<MachineId>>>,
    /// The Unix time of the clock's zero.
    unix_origin: Nanos,
}

impl Local {
    /// Binds every port, then writes every STARTUP line.
    pub fn open(config: &LocalConfig) -> Result<Self> {
        let machines = config.topology.machines();
        room::check(&config.topology, config.rates.as_deref(), config.base_port)?;

        let unix_origin = ProcessClock::of_process().unix_origin();
        // All ports and checks before the first log: what cannot run leaves nothing behind.
        let mut listeners = Vec::new();
        let mut addresses = Vec::new();
        for machine in 0..machines {
            let port = if config.base_port == 0 {
                0
            } else {
                config.base_port + machine as u16
            };
            let host = Some(Ipv4Addr::LOCALHOST.to_string());
            let (listener, address) =
                listen::bind(id(machine), Listening::On { host, port }, &[], &[])?;
            listeners.push(listener);
            addresses.push(address);
        }
        let common = Common {
            addresses,
            senders: config.senders(),
            unix_origin,
        };
        let of_machine = |(machine, listener): (u32, TcpListener)| {
            config.machine(machine, &common, Listening::Bound(listener))
        };
        let configs: Vec<Config> = (0..machines)
            .zip(listeners)
            .map(of_machine)
            .collect::<Result<_>>()?;
        for machine in &configs {
            machine.plan(None)?;
            LogFile::check_absent(&machine.log)?;
        }
        let network = PollThread::of_process()?;
        let mut opened = Opened(Vec::new());
        for machine in configs {
            opened.0.push(Machine::open(machine, &network)?);
        }
        Ok(Self {
            machine_list: MachineList::new(std::mem::take(&mut opened.0)),
            config: config.clone(),
            common: common.into(),
        })
    }

    /// The machines, by id, as they are now.
    pub fn machines(&self) -> Vec<Arc<Machine>> {
        self.machine_list.machines()
    }

    /// When its first machine began to tick, in Unix microseconds, once one has.
    pub fn began(&self) -> Option<Micros> {
        let machines = self.machines().into_iter();
        machines.filter_map(|machine| machine.began()).min()
    }

    /// Waits for the connections, then ticks, in the background.
    pub fn start(&self) -> Result<Running> {
        let (config, common) = (self.config.clone(), self.common.clone());
        let (duration, wait) = (config.duration, config.wait);
        let plan = FaultPlan {
            faults: config.faults.clone(),
            until_quiet: config.until_quiet,
            revive: Some(Box::new(move |position, rest| {
                let address = &common.addresses[position];
                let listening = Listening::On {
                    host: Some(address.host.clone()),
                    port: address.port,
                };
                let machine = Config {
                    resume: true,
                    duration: rest,
                    ..config.machine(position as u32, &common, listening)?
                };
                Machine::open(machine, &PollThread::of_process()?)
            })),
            start_line: None,
        };
        supervisor::start(self.machine_list.clone(), duration, wait, plan)
    }
}

impl LocalConfig {
    /// For each machine, those that send to it. Not known where the ports are: others can join, but not with an algorithm,
    /// which is told who sends to it.
    fn senders(&self) -> Vec<Option<Vec<MachineId>>> {
        let machines = self.topology.machines();
        if self.base_port != 0 && self.algorithm.is_none() {
            return vec![None; machines as usize];
        }
        let mut senders = vec![Vec::new(); machines as usize];
        for machine in 0..machines {
            for peer in self.topology.peers(machine) {
                senders[peer as usize].push(id(machine));
            }
        }
        senders.into_iter().map(Some).collect()
    }

    /// What one of the machines is to be.
    fn machine(&self, machine: u32, common: &Common, listening: Listening) -> Result<Config> {
        let peers = self.topology.peers(machine);
        let addresses = &common.addresses;
        let ids = self.topology.peers(machine).map(id);
        Ok(Config {
            machine_id: id(machine),
            listening,
            // A directed topology has senders that are not peers; all of them are here.
            allowed: vec!["127.0.0.0/8".parse()?],
            peers: peers.map(|peer| addresses[peer as usize].clone()).collect(),
            // Without an algorithm nobody asks for them.
            peer_ids: self.algorithm.is_some().then(|| ids.collect()),
            log: self.log_dir.join(format!("machine_{}.log", id(machine))),
            overwrite: false,
            resume: false,
            moved: Vec::new(),
            is_synced: self.is_synced,
            duration: self.duration,
            clock_rate: self.rates.as_ref().map(|rates| rates[machine as usize]),
            max_rate: self.max_rate,
            behavior: self.manners.behavior(machine, self.behavior),
            manner: self.manners.of(machine),
            latency: self.latency.clone(),
            seed: Some(self.seed),
            run_id: self.run_id.clone(),
            senders: common.senders[machine as usize].clone(),
            is_precise: self.is_precise,
            key: self.key.clone(),
            unix_origin: Some(common.unix_origin),
            algorithm: self.algorithm.as_ref().map(|make| (make.0)(machine)),
            began: None,
        })
    }
}

fn id(machine: u32) -> MachineId {
    u64::from(machine) + 1
}

/// Machines that leave the network if the run cannot start.
struct Opened(Vec<Arc<Machine>>);

impl Drop for Opened {
    fn drop(&mut self) {
        self.0.iter().for_each(|machine| machine.abandon());
    }
}
