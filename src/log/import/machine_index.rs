//! Which machines have rows, and which rows each has.

/// The machines of the rows, sorted, and whose each row is.
#[derive(Debug)]
pub(super) struct MachineIndex {
    pub(super) ids: Vec<i64>,
    /// By row, the place of its machine.
    pub(super) places: Vec<u32>,
}

impl MachineIndex {
    /// Of rows whose machines are these.
    pub(super) fn new(machine_id: &[i64]) -> Self {
        let most = machine_id.iter().copied().max().unwrap_or(0);
        // Most ids are small, and an array says where each stands.
        if let Ok(most) = usize::try_from(most)
            && most <= 4 * machine_id.len() + 4096
        {
            let mut place = vec![u32::MAX; most + 1];
            for &id in machine_id {
                place[id as usize] = 0;
            }
            let ids: Vec<i64> = (0..=most as i64)
                .filter(|&id| place[id as usize] == 0)
                .collect();
            for (number, &id) in ids.iter().enumerate() {
                place[id as usize] = number as u32;
            }
            let places = machine_id.iter().map(|&id| place[id as usize]).collect();
            return Self { ids, places };
        }
        let mut ids = machine_id.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let place = |id: &i64| ids.partition_point(|other| other < id) as u32;
        let places = machine_id.iter().map(place).collect();
        Self { ids, places }
    }

    /// The place of a machine, if it has rows.
    pub(super) fn place(&self, id: i64) -> Option<usize> {
        self.ids.binary_search(&id).ok()
    }

    /// The rows of each machine in their order: those of the machine at k are `rows[starts[k]..starts[k + 1]]`.
    pub(super) fn rows(&self) -> (Vec<usize>, Vec<u32>) {
        let mut starts = vec![0; self.ids.len() + 1];
        for &place in &self.places {
            starts[place as usize + 1] += 1;
        }
        for place in 0..self.ids.len() {
            starts[place + 1] += starts[place];
        }
        let mut next = starts.clone();
        let mut rows = vec![0; self.places.len()];
        for (row, &place) in self.places.iter().enumerate() {
            rows[next[place as usize]] = row as u32;
            next[place as usize] += 1;
        }
        (starts, rows)
    }
}
