//! Faults of links and pauses, as the poll thread carries them out.

use crate::fault::Span;
use crate::message::Nanos;
use crate::net::poll::{Poller, Timer};

impl Poller {
    /// The fault schedule of a machine begins.
    pub(super) fn begin_weather(&mut self, id: u64) {
        let Some(station) = self.stations.get_mut(&id) else {
            return;
        };
        let Some(weather) = station.machine.weather() else {
            return;
        };
        let elapsed = weather.elapsed(self.clock.now());
        station.weathered = elapsed;
        let changes = weather.faults().link_changes(station.machine.id());
        for change in changes.into_iter().filter(|&change| change >= elapsed) {
            self.at(weather.time(change), Timer::Weather { station: id });
        }
        self.weather(id);
    }

    /// Something changes for the links of a machine: cuts, heals and breaks connections.
    pub(super) fn weather(&mut self, id: u64) {
        let now = self.clock.now();
        let Some(station) = self.stations.get_mut(&id) else {
            return;
        };
        let Some(weather) = station.machine.weather() else {
            return;
        };
        let elapsed = weather.elapsed(now);
        let since = Span {
            from: std::mem::replace(&mut station.weathered, elapsed + 1),
            until: elapsed + 1,
        };
        let me = station.machine.id();
        for position in 0..station.peers.len() {
            // What is done for one peer may have been the last thing an ending machine waited for.
            let Some(station) = self.stations.get(&id) else {
                return;
            };
            let (mut is_cut, mut breaks) = (false, false);
            if let Some(peer) = station.channels.peer_id(position) {
                is_cut = weather.is_cut(me, peer, now);
                breaks = weather.faults().breaks(me, peer, since);
            }
            match station.peers[position].connection {
                Some(key) if is_cut || breaks => self.close(key),
                None if !is_cut => self.connect(id, position),
                _ => {}
            }
        }
    }

    /// Whether the messages of a machine to this peer wait for a partition to end.
    pub(super) fn is_cut(&self, id: u64, position: usize, now: Nanos) -> bool {
        let station = &self.stations[&id];
        let (me, weather) = (station.machine.id(), station.machine.weather());
        let peer = station.channels.peer_id(position);
        peer.zip(weather)
            .is_some_and(|(peer, weather)| weather.is_cut(me, peer, now))
    }

    /// Nothing of this machine moves until it goes on.
    pub(super) fn pause(&mut self, id: u64) {
        if let Some(station) = self.stations.get_mut(&id) {
            station.is_paused = true;
        }
    }

    /// A machine that stood still goes on: what the system told meanwhile is told only once.
    pub(super) fn go_on(&mut self, id: u64) {
        let Some(station) = self.stations.get_mut(&id) else {
            return;
        };
        station.is_paused = false;
        let peers = station.peers.len();
        let keys: Vec<usize> = self
            .connections
            .iter()
            .filter(|(_, connection)| connection.station == id)
            .map(|(key, _)| key)
            .collect();
        for key in keys {
            self.mark_dirty(key);
            self.unread.push(key);
        }
        for position in 0..peers {
            self.connect(id, position);
        }
        self.accept(id);
    }

    /// Whether the machine that a connection belongs to stands still.
    pub(super) fn is_paused(&self, id: u64) -> bool {
        self.stations
            .get(&id)
            .is_some_and(|station| station.is_paused)
    }
}
