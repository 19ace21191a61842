//! What the programs of all engines share: the seven shapes of a call, the work that the host functions do,
//! and a server of rounds, so that one driver can measure all engines side by side.
//!
//! It knows no engine.

mod rounds;
mod work;

pub use rounds::{Loops, Shape};
pub use work::{Counter, Fresh, HELLO, TEXTS, hit, hits};
