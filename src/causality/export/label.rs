//! What machines are called in texts.

use std::collections::BTreeMap;

/// Marks that change the direction of what stands around them, or are seen nowhere.
const UNSEEN: [std::ops::RangeInclusive<char>; 4] = [
    '\u{61c}'..='\u{61c}',
    '\u{200b}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
];

/// The name of a machine, else `machine 3`; what no eye sees in it, or what turns the text around it, is spelled out.
pub(super) fn label(names: &BTreeMap<u64, String>, id: u64) -> String {
    match names.get(&id) {
        Some(name) => name.chars().map(Spelled).collect(),
        None => format!("machine {id}"),
    }
}

/// A character as it is shown.
struct Spelled(char);

impl FromIterator<Spelled> for String {
    fn from_iter<T: IntoIterator<Item = Spelled>>(characters: T) -> Self {
        let mut text = Self::new();
        for Spelled(character) in characters {
            if character.is_control() || UNSEEN.iter().any(|marks| marks.contains(&character)) {
                text.extend(character.escape_unicode());
            } else {
                text.push(character);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_in_a_name_is_spelled_out() {
        let names = BTreeMap::from([(1, "a\u{202e}b\u{1b}[31m é 😀 <i>".to_owned())]);
        assert_eq!(label(&names, 1), "a\\u{202e}b\\u{1b}[31m é 😀 <i>");
        assert_eq!(label(&names, 2), "machine 2");
    }
}
