//! Texts that come again and again, each kept once.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

/// Stands for a text that is not there.
pub(crate) const NOTHING: u32 = u32::MAX;

/// Places that are looked at before the table.
const RECENT: usize = 64;

/// Distinct texts, numbered as they first came.
#[derive(Debug, Default)]
pub(crate) struct Interner {
    texts: Vec<Arc<str>>,
    /// Of each text, so many bits of its hash as tell most others apart.
    hashes: Vec<u32>,
    /// Numbers of texts, each in the first free slot from that of its hash on; at most half of them are taken.
    slots: Vec<u32>,
    /// Nobody can write texts that all fall into one slot.
    hasher: RandomState,
    /// By length and last byte, the text that was there last.
    recent: Vec<u32>,
}

impl Interner {
    /// The number of a text.
    #[inline]
    pub(crate) fn place(&mut self, text: &str) -> u32 {
        let last = text.as_bytes().last().copied().unwrap_or(0);
        let slot = (text.len().wrapping_mul(7) ^ usize::from(last)) % RECENT;
        if let Some(&place) = self.recent.get(slot)
            && let Some(known) = self.texts.get(place as usize)
            && **known == *text
        {
            return place;
        }
        let place = self.find(text);
        if self.recent.is_empty() {
            self.recent = vec![NOTHING; RECENT];
        }
        self.recent[slot] = place;
        place
    }

    fn find(&mut self, text: &str) -> u32 {
        if 2 * self.texts.len() >= self.slots.len() {
            self.grow();
        }
        let hash = self.hasher.hash_one(text) as u32;
        match self.slot(text, hash) {
            Ok(place) => place,
            Err(slot) => {
                let place = self.texts.len() as u32;
                self.texts.push(text.into());
                self.hashes.push(hash);
                self.slots[slot] = place;
                place
            }
        }
    }

    /// The number of a text, or the slot where it would be.
    fn slot(&self, text: &str, hash: u32) -> Result<u32, usize> {
        let most = self.slots.len() - 1;
        let mut slot = hash as usize & most;
        loop {
            let place = self.slots[slot];
            if place == NOTHING {
                return Err(slot);
            }
            if self.hashes[place as usize] == hash && *self.texts[place as usize] == *text {
                return Ok(place);
            }
            slot = (slot + 1) & most;
        }
    }

    fn grow(&mut self) {
        let count = (2 * self.slots.len()).max(16);
        self.slots = vec![NOTHING; count];
        for (place, &hash) in self.hashes.iter().enumerate() {
            let mut slot = hash as usize & (count - 1);
            while self.slots[slot] != NOTHING {
                slot = (slot + 1) & (count - 1);
            }
            self.slots[slot] = place as u32;
        }
    }

    /// All of them, by their numbers.
    pub(crate) fn texts(&self) -> &[Arc<str>] {
        &self.texts
    }

    /// The number of a text that is there already.
    pub(crate) fn known(&self, text: &str) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        self.slot(text, self.hasher.hash_one(text) as u32).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equal_texts_have_one_number(texts in proptest::collection::vec("[ab]{0,3}|\\PC{0,4}", 0..60)) {
            let mut interner = Interner::default();
            let mut plain: Vec<&str> = Vec::new();
            for text in &texts {
                let place = interner.place(text) as usize;
                let expected = plain.iter().position(|known| known == text);
                prop_assert_eq!(place, expected.unwrap_or(plain.len()));
                if expected.is_none() {
                    plain.push(text);
                }
            }
            prop_assert_eq!(interner.texts().len(), plain.len());
            prop_assert!(plain.iter().enumerate().all(|(place, text)| interner.known(text) == Some(place as u32)));
        }
    }
}
