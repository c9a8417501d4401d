//! Texts that come again and again, each kept once.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Stands for a text that is not there.
pub(crate) const NOTHING: u32 = u32::MAX;

/// Places that are looked at before the map.
const RECENT: usize = 64;

/// Distinct texts, numbered as they first came.
#[derive(Debug, Default)]
pub(crate) struct Interner {
    texts: Vec<Arc<str>>,
    places: BTreeMap<Arc<str>, u32>,
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
        self.find(text, slot)
    }

    fn find(&mut self, text: &str, slot: usize) -> u32 {
        let place = if let Some(&place) = self.places.get(text) {
            place
        } else {
            let place = self.texts.len() as u32;
            let kept: Arc<str> = text.into();
            self.texts.push(kept.clone());
            self.places.insert(kept, place);
            place
        };
        if self.recent.is_empty() {
            self.recent = vec![NOTHING; RECENT];
        }
        self.recent[slot] = place;
        place
    }

    /// All of them, by their numbers.
    pub(crate) fn texts(&self) -> &[Arc<str>] {
        &self.texts
    }

    /// The number of a text that is there already.
    pub(crate) fn known(&self, text: &str) -> Option<u32> {
        self.places.get(text).copied()
    }

    /// For each text of another, its number here.
    pub(crate) fn take(&mut self, other: &Self) -> Vec<u32> {
        other.texts.iter().map(|text| self.place(text)).collect()
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
