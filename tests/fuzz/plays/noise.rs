//! A stranger without the key says anything to either end of a connection with one.

use lamport::channel::key::Key;
use lamport::channel::noise::Secret;

/// The first byte says which end, the rest is what that hears.
pub(crate) fn play(data: &[u8]) {
    let Some((&first, rest)) = data.split_first() else {
        return;
    };
    let secret = Secret::new(Key::new(&[7; 32]).expect("32 bytes are a key"), "lab");
    let (mut plain, mut out) = (Vec::new(), Vec::new());
    let mut hello = Vec::new();
    let mut honest = secret.sender([2; 32], &mut hello);
    let mut session = if first % 2 == 0 {
        secret.receiver([1; 32])
    } else {
        secret.sender([1; 32], &mut out)
    };
    // With an odd second bit the receiver has heard an honest hello before.
    if first % 4 == 2 {
        session
            .read(&hello, &mut plain, &mut out)
            .expect("it has the key");
        let mut nothing = Vec::new();
        honest
            .read(&out, &mut plain, &mut nothing)
            .expect("so has this one");
    }
    for piece in rest.chunks(usize::from(first) + 1) {
        if session.read(piece, &mut plain, &mut out).is_err() {
            break;
        }
    }
    assert!(plain.is_empty(), "nothing that a stranger says is believed");
    assert!(
        out.len() <= 100,
        "a stranger gets an answer to the handshake at most"
    );
}
