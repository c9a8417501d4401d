//! Files that hold no text, named for what they are.

/// The first bytes of files, and what such files are.
const KINDS: &[(&[u8], &str)] = &[
    (
        b"PK\x03\x04",
        "a zip archive (or a document in one): unpack it first",
    ),
    (b"PK\x05\x06", "an empty zip archive"),
    (
        b"\xfd7zXZ\x00",
        "compressed by xz: unpack it first, or use gzip or zstd",
    ),
    (
        b"BZh",
        "compressed by bzip2: unpack it first, or use gzip or zstd",
    ),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"),
    (b"Rar!", "a rar archive: unpack it first"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF-", "a PDF document"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (
        b"PAR1",
        "a Parquet file: load it by its own name, with format='parquet'",
    ),
    (
        b"ARROW1",
        "an Arrow file: read it with pyarrow and give lamport.from_events the table",
    ),
    (b"\x7fELF", "a program"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\xff\xfe", "text in UTF-16: save it as UTF-8"),
    (b"\xfe\xff", "text in UTF-16: save it as UTF-8"),
];

/// What a file is of which no more is known.
pub(crate) const BINARY: &str = "binary";

/// How many bytes of a file tell what it is.
pub(crate) const HEAD: usize = 512;

/// What a file is that begins like this and holds no text, with what to do about it.
pub(crate) fn kind(head: &[u8]) -> Option<&'static str> {
    let known = KINDS.iter().find(|(magic, _)| head.starts_with(magic));
    if let Some((_, kind)) = known {
        return Some(kind);
    }
    // A tar archive has the name of its first file in front.
    if head.get(257..262) == Some(b"ustar") {
        return Some("a tar archive: unpack it first");
    }
    head.contains(&0).then_some(BINARY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_no_text_is_named() {
        assert_eq!(kind(b"1741130946.5, INIT"), None);
        assert_eq!(kind(b""), None);
        assert_eq!(kind(b"BZ is no archive"), None);
        assert!(kind(b"PK\x03\x04\x14").unwrap().contains("zip"));
        let mut tar = vec![b'a'; HEAD];
        tar[257..262].copy_from_slice(b"ustar");
        assert!(kind(&tar).unwrap().contains("tar"));
        assert_eq!(kind(b"some\x00thing"), Some("binary"));
    }
}
