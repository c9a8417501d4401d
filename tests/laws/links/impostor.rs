//! One that says hello as a machine that it is not, and no more: it stays connected, or goes.

use std::net::{Ipv4Addr, SocketAddr};

use lamport::channel::endpoint::{Standing, Workspace};
use lamport::channel::identity::Nonce;
use lamport::channel::protocol::Protocol;
use lamport::channel::wire::Hello;
use lamport::model::message::MachineId;

use super::world::World;

/// Where it comes from.
pub const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 99);

impl World<'_> {
    /// It says hello to a machine as another one.
    pub fn pose(&mut self, index: usize, choice: usize, goes: bool) {
        let count = self.machines.len();
        let name = (index + 1 + choice % (count - 1)) % count;
        if !self.is_polling(index) {
            return;
        }
        let now = self.now;
        let Some(process) = &mut self.machines[index].process else {
            return;
        };
        if process.is_entering() || !process.endpoint.is_accepting() {
            return;
        }
        let remote = SocketAddr::from((ADDRESS, 1));
        let mut none = || unreachable!("there is no key");
        let taken = process
            .endpoint
            .accepted(now, remote, Standing::Allowed, &mut none);
        let Some(id) = taken else {
            return;
        };
        let hello = Hello {
            protocol: Protocol::Classic,
            run_id: self.setup.run_id.clone(),
            sender: name as MachineId + 1,
            history: Nonce(choice as u64 % 3),
            instance: Nonce(choice as u64 % 5),
        };
        let mut line = Vec::new();
        hello.write(&mut line);
        let mut space = Workspace::default();
        process.endpoint.read(now, id, &line, &mut space);
        // It reads whatever it is told, at once.
        loop {
            let bytes = process.endpoint.outgoing(now, id, 1000);
            let (count, is_welcome) = (bytes.len(), bytes.starts_with(b"ok "));
            if count == 0 {
                break;
            }
            process.endpoint.written(id, count);
            self.figures.impostors += u64::from(is_welcome);
        }
        if goes {
            process.endpoint.broken(now, id);
        }
        self.carry_out(index);
        self.say(|| {
            format!(
                "someone says hello to machine {} as {}",
                index + 1,
                name + 1
            )
        });
    }
}
