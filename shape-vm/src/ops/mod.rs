//! What instructions do, where it is more than a few operations on scalars.
//!
//! These are functions of their own, and not inlined, so that the interpreter's loop stays small
//! enough for its registers.

pub(crate) mod array;
pub(crate) mod build;
pub(crate) mod call;
pub(crate) mod number;
pub(crate) mod text;
pub(crate) mod value;
pub(crate) mod variable;
