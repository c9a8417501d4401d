//! The place of each machine among all.

/// Stands where there is no place.
const NONE: u32 = u32::MAX;

/// The machines of a run, sorted.
#[derive(Debug, Clone)]
pub(super) struct Ids {
    sorted: Vec<u64>,
    /// For small ids, their place, or [`NONE`].
    dense: Vec<u32>,
}

impl Ids {
    /// The machines with these ids, sorted and distinct.
    pub(super) fn new(sorted: Vec<u64>) -> Self {
        let room = 4 * sorted.len() as u64 + 4096;
        let size = sorted
            .last()
            .map_or(0, |&last| last.saturating_add(1).min(room));
        let mut dense = vec![NONE; size as usize];
        for (place, &id) in sorted.iter().enumerate() {
            if id < size {
                dense[id as usize] = place as u32;
            }
        }
        Self { sorted, dense }
    }

    /// The place of a machine, if it is here.
    #[inline]
    pub(super) fn place(&self, id: u64) -> Option<usize> {
        if let Some(&place) = usize::try_from(id).ok().and_then(|id| self.dense.get(id)) {
            return (place != NONE).then_some(place as usize);
        }
        self.sorted.binary_search(&id).ok()
    }

    /// All of them.
    pub(super) fn all(&self) -> &[u64] {
        &self.sorted
    }
}

/// The first few of a list.
pub(super) fn few(ids: &[u64]) -> String {
    let shown: Vec<String> = ids.iter().take(8).map(ToString::to_string).collect();
    let rest = if ids.len() > 8 {
        format!(", ... {}", ids[ids.len() - 1])
    } else {
        String::new()
    };
    format!("{}{rest}", shown.join(", "))
}
