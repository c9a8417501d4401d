//! The recipients of a SEND as texts write them: `B and C`, `2, 3`, `["B", "C"]`, `all`.

use serde_json::Value;

/// What stands around a list.
const BRACKETS: [(char, char); 3] = [('(', ')'), ('[', ']'), ('{', '}')];

/// To whom a message went, as it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Addressee<'t> {
    /// A machine, by its name.
    Named(std::borrow::Cow<'t, str>),
    /// One that is not known.
    Unknown,
    /// All machines.
    All,
    /// All machines but the sender.
    Others,
    /// Two machines: the others, if they are two.
    Both,
}

/// The recipients in a text, nothing if it is the text of something else; `is_name` says whether a machine is called so.
///
/// The text is split at commas, semicolons and the word "and", where no name holds one. An address that is nobody's name
/// is of a machine that is not known.
pub(crate) fn split<'t>(
    text: &'t str,
    is_name: &dyn Fn(&str) -> bool,
) -> Option<Vec<Addressee<'t>>> {
    let text = text.trim();
    if is_name(text) {
        return Some(vec![Addressee::Named(text.into())]);
    }
    if text.starts_with('[')
        && let Ok(entries) = serde_json::from_str::<Vec<Value>>(text)
    {
        return entries
            .into_iter()
            .map(|entry| of_json(entry, is_name))
            .collect();
    }
    let is_torn = |&(open, close): &(char, char)| {
        let (begins, ends) = (text.starts_with(open), text.ends_with(close));
        begins && !ends || ends && !text.contains(open)
    };
    if BRACKETS.iter().any(is_torn) {
        return None;
    }
    let inner = BRACKETS
        .iter()
        .find_map(|&(open, close)| text.strip_prefix(open)?.strip_suffix(close));
    let text = inner.unwrap_or(text).trim();
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (name, after) = first(rest, is_name);
        if !name.is_empty() {
            found.push(one(unquoted(name), is_name));
        }
        rest = after;
    }
    Some(found)
}

/// An entry of a list in JSON.
fn of_json<'t>(entry: Value, is_name: &dyn Fn(&str) -> bool) -> Option<Addressee<'t>> {
    match entry {
        Value::Null => Some(Addressee::Unknown),
        Value::String(name) if is_address(&name) && !is_name(&name) => Some(Addressee::Unknown),
        Value::String(name) => Some(Addressee::Named(name.into())),
        Value::Number(number) => {
            let whole =
                |number: f64| (number.fract() == 0.0 && number >= 0.0).then_some(number as u64);
            let id = number
                .as_u64()
                .or_else(|| number.as_f64().and_then(whole))?;
            Some(Addressee::Named(id.to_string().into()))
        }
        Value::Array(pair) => match &pair[..] {
            [Value::String(_), Value::Number(port)] if port.is_u64() => Some(Addressee::Unknown),
            _ => None,
        },
        Value::Bool(_) | Value::Object(_) => None,
    }
}

/// Whether a text is a host and a port.
pub(crate) fn is_address(text: &str) -> bool {
    text.rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

/// Marks that a name may hold.
const MOST_MARKS: usize = 8;
/// No name is longer, in bytes.
const LONGEST: usize = 4096;

/// The first name of a text and what follows what ends it: one that is known, else up to the first mark.
fn first<'t>(text: &'t str, is_name: &dyn Fn(&str) -> bool) -> (&'t str, &'t str) {
    let mut end = None;
    let mut place = 0;
    for _ in 0..MOST_MARKS {
        let Some((mark, length)) = mark(text, place) else {
            if is_name(text.trim()) {
                return (text.trim(), "");
            }
            break;
        };
        let found = (text[..mark].trim(), text[mark + length..].trim_start());
        if is_name(found.0) {
            return found;
        }
        end = end.or(Some(found));
        place = mark + length;
    }
    end.unwrap_or((text.trim(), ""))
}

/// Where a text is split first from `start` on, and the length of what it is split at.
fn mark(text: &str, start: usize) -> Option<(usize, usize)> {
    let mut window = (start + LONGEST).min(text.len());
    while !text.is_char_boundary(window) {
        window += 1;
    }
    let comma = text[start..window]
        .find([',', ';'])
        .map(|place| start + place);
    let before = comma.unwrap_or(window);
    let is_blank = |letter: Option<char>| letter.is_none_or(char::is_whitespace);
    let words = ["and", "&", "AND", "And"].iter().filter_map(|word| {
        let mut places = text[start..before]
            .match_indices(word)
            .map(|(place, _)| start + place);
        let is_word = |&place: &usize| {
            is_blank(text[..place].chars().next_back())
                && is_blank(text[place + word.len()..].chars().next())
        };
        places.find(is_word).map(|place| (place, word.len()))
    });
    words.min().or(comma.map(|place| (place, 1)))
}

fn unquoted(name: &str) -> &str {
    let quoted = ['"', '\'', '`']
        .iter()
        .find_map(|&quote| name.strip_prefix(quote)?.strip_suffix(quote));
    quoted.unwrap_or(name)
}

fn one<'t>(name: &'t str, is_name: &dyn Fn(&str) -> bool) -> Addressee<'t> {
    if is_name(name) {
        return Addressee::Named(name.into());
    }
    match name.to_lowercase().as_str() {
        "*" => Addressee::All,
        "other" => Addressee::Others,
        "" | "null" | "none" | "?" | "unknown" => Addressee::Unknown,
        _ if is_address(name) => Addressee::Unknown,
        folded => phrase(folded).unwrap_or(Addressee::Named(name.into())),
    }
}

/// What programs call their machines, in a phrase for several of them.
const MACHINES: &[&str] = &[
    "machines",
    "vms",
    "processes",
    "procs",
    "nodes",
    "hosts",
    "servers",
    "clients",
    "replicas",
    "workers",
    "threads",
    "sockets",
    "ports",
    "sites",
    "members",
    "neighbors",
    "neighbours",
    "peers",
    "processors",
    "actors",
];

/// Machines that are not named: "all", "the others", "both other machines".
fn phrase(folded: &str) -> Option<Addressee<'static>> {
    let words = || folded.split_whitespace();
    let has = |wanted: &[&str]| words().any(|word| wanted.contains(&word));
    let known = [
        "all",
        "both",
        "everyone",
        "everybody",
        "other",
        "others",
        "of",
        "the",
        "virtual",
    ];
    if !words().all(|word| known.contains(&word) || MACHINES.contains(&word)) {
        return None;
    }
    if has(&["both"]) {
        return Some(Addressee::Both);
    }
    // One other machine of several is none of these.
    let are_others = has(&["others", "peers"]) || has(&["other"]) && has(MACHINES);
    if are_others {
        return Some(Addressee::Others);
    }
    has(&["all", "everyone", "everybody"]).then_some(Addressee::All)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(text: &str, known: &[&str]) -> Vec<String> {
        let Some(entries) = split(text, &|name| known.contains(&name)) else {
            return vec!["<Nothing>".to_owned()];
        };
        let name = |entry| match entry {
            Addressee::Named(name) => name.into_owned(),
            other => format!("<{other:?}>"),
        };
        entries.into_iter().map(name).collect()
    }

    #[test]
    fn lists_are_split_where_no_name_holds_a_mark() {
        let known = ["A", "C", "north and south", "x, y", "Anderson"];
        let cases: [(&str, &[&str]); 32] = [
            ("A and C", &["A", "C"]),
            ("A,C", &["A", "C"]),
            ("A; C,", &["A", "C"]),
            ("A, and C", &["A", "C"]),
            ("north and south", &["north and south"]),
            ("A and north and south", &["A", "north and south"]),
            ("x, y; A", &["x, y", "A"]),
            ("[\"A\", null, 3]", &["A", "<Unknown>", "3"]),
            ("(2, None)", &["2", "<Unknown>"]),
            ("all", &["<All>"]),
            ("Others", &["<Others>"]),
            ("Anderson", &["Anderson"]),
            ("['A', 'C']", &["A", "C"]),
            ("", &[]),
            ("south wing", &["south wing"]),
            ("(2,)", &["2"]),
            ("ALL other machines", &["<Others>"]),
            ("all peers", &["<Others>"]),
            ("all of the nodes", &["<All>"]),
            ("both", &["<Both>"]),
            ("both other VMs", &["<Both>"]),
            ("the machines", &["the machines"]),
            ("other machine", &["other machine"]),
            ("all hands", &["all hands"]),
            ("[[\"10.0.0.1\", 5000], 2.0]", &["<Unknown>", "2"]),
            ("10.0.0.1:5000 and C", &["<Unknown>", "C"]),
            ("[\"10.0.0.1:5000\"]", &["<Unknown>"]),
            ("[true]", &["<Nothing>"]),
            ("[2.5]", &["<Nothing>"]),
            ("[A, C", &["<Nothing>"]),
            ("A, C]", &["<Nothing>"]),
            ("A (1), C (2)", &["A (1)", "C (2)"]),
        ];
        for (text, expected) in cases {
            assert_eq!(names(text, &known), expected, "{text}");
        }
        assert_eq!(names("all", &["all", "B"]), ["all"]);
        assert_eq!(names("b:80; c:80", &["b:80"]), ["b:80", "<Unknown>"]);
    }

    proptest! {
        #[test]
        fn what_is_joined_is_split(list in proptest::collection::vec("[b-z0-9_]{1,6}", 1..6), mark in "(, |,|; | and | & )") {
            let special = ["all", "others", "other", "none", "null", "unknown", "peers", "everyone", "everybody", "both"];
            prop_assume!(list.iter().all(|name| !special.contains(&name.as_str())));
            prop_assert_eq!(names(&list.join(&mark), &[]), list);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,20}|[\\[(][and ,;\"]{0,10}") {
            names(&text, &[]);
        }
    }
}
