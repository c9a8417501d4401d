//! The laws of a session: what is said is heard, and nothing else is.

use super::*;
use proptest::prelude::*;
use std::fmt::Write;

const TEXT: &[u8] = b"lamport/1 lab 1 0000000000000007 0000000000000008\n";

fn secret(byte: u8, run_id: &str) -> Secret {
    Secret::new(Key::new(&[byte; 32]).unwrap(), run_id)
}

/// One end, what it heard, and what it says next.
struct End(Session, Vec<u8>, Vec<u8>);

impl End {
    fn sender(secret: &Secret, entropy: u8) -> Self {
        let mut out = Vec::new();
        Self(secret.sender([entropy; 32], &mut out), Vec::new(), out)
    }

    fn receiver(secret: &Secret, entropy: u8) -> Self {
        Self(secret.receiver([entropy; 32]), Vec::new(), Vec::new())
    }

    fn read(&mut self, bytes: &[u8]) -> Result<(), NoiseError> {
        self.0.read(bytes, &mut self.1, &mut self.2)
    }

    fn say(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.2)
    }
}

/// What a sender says in a good session: the handshake, then a frame for each text.
fn recorded(texts: &[Vec<u8>]) -> Vec<u8> {
    let secret = secret(1, "lab");
    let (mut sender, mut receiver) = (End::sender(&secret, 2), End::receiver(&secret, 3));
    let mut all = sender.say();
    receiver.read(&all).unwrap();
    sender.read(&receiver.say()).unwrap();
    for text in texts {
        sender.0.write(text, &mut sender.2);
    }
    all.extend(sender.say());
    all
}

/// What the receiver of that session makes of these bytes.
fn replayed(bytes: &[u8]) -> (Vec<u8>, Result<(), NoiseError>) {
    let mut receiver = End::receiver(&secret(1, "lab"), 3);
    let read = receiver.read(bytes);
    let end = read.and_then(|()| receiver.0.check_end());
    (receiver.1, end)
}

fn texts() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let text = prop::collection::vec(any::<u8>(), 1..200);
    prop::collection::vec(text, 1..5)
}

proptest! {
    #[test]
    fn what_is_said_is_heard_whatever_the_cuts(
        there: Vec<u8>, back in prop::collection::vec(any::<u8>(), 0..140_000), cut in 1_usize..5000,
    ) {
        let secret = secret(1, "lab");
        let (mut sender, mut receiver) = (End::sender(&secret, 2), End::receiver(&secret, 3));
        for byte in sender.say() {
            receiver.read(&[byte]).unwrap();
        }
        for byte in receiver.say() {
            sender.read(&[byte]).unwrap();
        }
        sender.0.write(&there, &mut sender.2);
        receiver.read(&sender.say()).unwrap();
        receiver.0.write(&back, &mut receiver.2);
        for piece in receiver.say().chunks(cut) {
            sender.read(piece).unwrap();
        }
        prop_assert_eq!((receiver.1, sender.1), (there, back));
        prop_assert!(sender.0.check_end().is_ok());
    }

    #[test]
    fn any_altered_bit_of_a_session_is_found(texts in texts(), at: prop::sample::Index, bit in 0_u32..8) {
        let mut bytes = recorded(&texts);
        let (heard, end) = replayed(&bytes);
        prop_assert_eq!((&heard, end), (&texts.concat(), Ok(())));
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        let (heard, end) = replayed(&bytes);
        prop_assert!(end.is_err(), "byte {} bit {}", at, bit);
        prop_assert!(texts.concat().starts_with(&heard) && heard.len() < texts.concat().len());
    }

    #[test]
    fn frames_left_out_doubled_or_swapped_are_found(texts in texts(), a: prop::sample::Index, b: prop::sample::Index) {
        let bytes = recorded(&texts);
        let mut frames = Vec::new();
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (frame, later) = rest.split_at(frame_length(rest));
            frames.push(frame);
            rest = later;
        }
        let (a, b) = (a.index(frames.len()), b.index(frames.len()));
        let mut doubled = frames.clone();
        doubled.insert(b, frames[a]);
        prop_assert!(replayed(&doubled.concat()).1.is_err());
        if a != b {
            frames.swap(a, b);
            prop_assert!(replayed(&frames.concat()).1.is_err());
            frames.swap(a, b);
        }
        // The last one may be missing: that is a connection cut short, which the links heal.
        if a + 1 < frames.len() {
            frames.remove(a);
            prop_assert!(replayed(&frames.concat()).1.is_err());
        }
    }

    #[test]
    fn a_session_cut_anywhere_says_a_prefix(texts in texts(), at: prop::sample::Index) {
        let bytes = recorded(&texts);
        let at = at.index(bytes.len());
        let (heard, end) = replayed(&bytes[..at]);
        prop_assert!(texts.concat().starts_with(&heard));
        let mut ends = vec![0];
        while ends[ends.len() - 1] < bytes.len() {
            let last = ends[ends.len() - 1];
            ends.push(last + frame_length(&bytes[last..]));
        }
        // After the handshake alone nothing is proven.
        let is_whole = ends.contains(&at) && at != HEAD + HANDSHAKE;
        prop_assert_eq!(end, if is_whole { Ok(()) } else { Err(NoiseError::Torn) });
    }

    #[test]
    fn no_bytes_make_it_panic_or_keep_much(
        handshake: bool, is_sender: bool, pieces: Vec<Vec<u8>>, length: u16,
    ) {
        let secret = secret(1, "lab");
        let (mut sender, mut receiver) = (End::sender(&secret, 2), End::receiver(&secret, 3));
        if handshake {
            receiver.read(&sender.say()).unwrap();
            sender.read(&receiver.say()).unwrap();
        }
        let mut end = if is_sender { sender } else { receiver };
        let _ = end.read(&length.to_be_bytes());
        for piece in &pieces {
            let _ = end.read(piece);
            let most = if handshake && is_sender { MAX_MESSAGE } else { MAX_LINE + TAG };
            prop_assert!(end.0.kept.len() < HEAD + most);
        }
        prop_assert!(end.1.is_empty());
    }
}

#[test]
fn another_key_run_or_time_does_not_open() {
    for other in [secret(9, "lab"), secret(1, "lob")] {
        let first = End::sender(&other, 2).say();
        let mut receiver = End::receiver(&secret(1, "lab"), 3);
        assert_eq!(receiver.read(&first), Err(NoiseError::OtherKey));
        assert!(receiver.say().is_empty() && receiver.1.is_empty());
        assert_eq!(receiver.read(b"more"), Err(NoiseError::Altered));
    }
    // The receiver's own part of the handshake is new each time.
    let mut receiver = End::receiver(&secret(1, "lab"), 4);
    assert_eq!(
        receiver.read(&recorded(&[TEXT.to_vec()])),
        Err(NoiseError::Altered)
    );
    assert!(receiver.1.is_empty());
    // A sender's first frame is not an answer to it.
    let mut sender = End::sender(&secret(1, "lab"), 2);
    let own = sender.say();
    assert_eq!(sender.read(&own), Err(NoiseError::OtherKey));
}

/// Machines without an algorithm say the same bytes in every version.
#[test]
fn a_session_of_the_first_protocol_is_the_same_to_the_byte() {
    let secret = secret(1, "lab");
    let (mut sender, mut receiver) = (End::sender(&secret, 2), End::receiver(&secret, 3));
    let first = sender.say();
    receiver.read(&first).unwrap();
    let second = receiver.say();
    sender.read(&second).unwrap();
    sender.0.write(TEXT, &mut sender.2);
    let hello = sender.say();
    receiver
        .0
        .write(b"ok 2 0000000000000009 0 0\n", &mut receiver.2);
    let answer = receiver.say();
    let hex = |bytes: &[u8]| {
        bytes.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a string takes all");
            text
        })
    };
    assert_eq!(
        [first, second, hello, answer].map(|bytes| hex(&bytes)),
        [
            "0030ce8d3ad1ccb633ec7b70c17814a5c76ecd029685050d344745ba05870e587d595c99c9d8af877fe7590ea65de0d14f5f",
            "00305dfedd3b6bd47f6fa28ee15d969d5bb0ea53774d488bdaf9df1c6e0124b3ef22eadb6fd00e4f87b5ab6b475a5347d04a",
            "0042020ff565bd4b6734fb5e03d4ef8d6b650676890dffdca5b83d1ac09719a49d4d399a72bb9e156883411a0f5263e18de2\
             a3bfa3bf88d84fc4b54c757b77893b720fc4",
            "002a4d5a4510b654172c7c871108399b4e1ec50669cbefe8ef5389d13834065b0565bedef1f14b9222ddd750",
        ]
    );
}

/// What the receiver goes by is in the handshake itself, not only in what this code does on both sides.
#[test]
fn the_prologue_is_the_first_word_of_the_hello_and_the_run_id() {
    let lettered = secret(1, "lab").speaking(Protocol::Lettered);
    for (secret, prologue) in [
        (secret(1, "lab"), "lamport/1 lab"),
        (lettered, "lamport/2 lab"),
    ] {
        let first = End::sender(&secret, 2).say();
        let other = Builder::with_resolver(
            "Noise_NNpsk0_25519_ChaChaPoly_BLAKE2s".parse().unwrap(),
            Box::new(Primitives([9; 32])),
        );
        let other = other.psk(0, &[1; 32]).unwrap();
        let mut other = other
            .prologue(prologue.as_bytes())
            .unwrap()
            .build_responder()
            .unwrap();
        assert_eq!(other.read_message(&first[HEAD..], &mut []), Ok(0));
    }
}

#[test]
fn plain_text_is_told_from_frames() {
    let mut receiver = End::receiver(&secret(1, "lab"), 3);
    assert_eq!(receiver.read(TEXT), Err(NoiseError::Plain));
    let mut receiver = End::receiver(&secret(1, "lab"), 3);
    assert_eq!(receiver.read(b"GET /"), Err(NoiseError::Length(0x4745)));
    let mut sender = End::sender(&secret(1, "lab"), 2);
    assert_eq!(sender.read(b"no rea\x1bs"), Ok(()));
    let refused = NoiseError::Refused("rea.son".into());
    assert_eq!(sender.read(b"on\nmore"), Err(refused));
    let mut sender = End::sender(&secret(1, "lab"), 2);
    let endless = sender.read(&[b"no ".to_vec(), vec![b'x'; MAX_LINE]].concat());
    assert!(matches!(endless, Err(NoiseError::Refused(_))));
}

#[test]
fn nothing_shows_the_key() {
    let secret = secret(0x5a, "lab");
    let session = secret.sender([1; 32], &mut Vec::new());
    let shown = format!("{secret:?} {session:?}");
    assert!(
        !shown.contains("90") && !shown.to_lowercase().contains("5a"),
        "{shown}"
    );
}
