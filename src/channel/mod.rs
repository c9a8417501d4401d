//! Two machines that talk, without sockets: bytes in, bytes out.

pub mod channels;
pub mod endpoint;
pub mod heard;
pub mod identity;
pub mod key;
pub mod lines;
pub mod link;
pub mod link_faults;
pub mod noise;
pub mod wire;
