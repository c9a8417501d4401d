//! What a machine is made of: the built-in behaviour, or an algorithm.

use crate::model::handled::Handled;
use crate::model::message::{Message, Nanos};
use crate::model::node::Node;

/// A machine of one kind or the other; each has its own way to make steps, which knows which it is.
#[derive(Debug)]
pub(super) enum MachineCore {
    Classic(Node),
    Handled(Box<Handled>),
}

impl MachineCore {
    /// The node of a machine with the built-in behaviour.
    #[inline]
    pub(super) fn classic(&mut self) -> &mut Node {
        let Self::Classic(node) = self else {
            panic!("a machine with an algorithm makes its steps otherwise");
        };
        node
    }

    /// A machine with an algorithm.
    pub(super) fn handled(&mut self) -> &mut Handled {
        let Self::Handled(handled) = self else {
            panic!("a machine without an algorithm makes its steps otherwise");
        };
        handled
    }

    pub(super) fn clock(&self) -> u64 {
        match self {
            Self::Classic(node) => node.clock(),
            Self::Handled(handled) => handled.node().clock(),
        }
    }

    /// When the last message of the queue arrives, or has.
    pub(super) fn last_arrival(&self) -> Option<Nanos> {
        match self {
            Self::Classic(node) => node.waiting().last().map(|message| message.arrival),
            Self::Handled(handled) => {
                let waiting = handled.node().waiting().last();
                waiting.map(|message| message.arrival)
            }
        }
    }

    /// Takes what is left in the queue, in its order.
    pub(super) fn drain(&mut self) -> Vec<Message> {
        match self {
            Self::Classic(node) => node.drain().collect(),
            Self::Handled(handled) => {
                let left = handled.node_mut().drain();
                left.map(|message| message.without_body()).collect()
            }
        }
    }
}
