//! Two machines that talk, without sockets: bytes in, bytes out.

pub mod channels;
pub mod endpoint;
pub mod heard;
pub mod identity;
pub mod kept_bodies;
pub mod key;
pub mod letter;
pub mod lines;
pub mod link;
pub mod link_faults;
pub mod noise;
pub mod protocol;
pub mod wire;
