//! The io module as a plugin: the functions of [`stdlib_io`], in a library of their own.
//!
//! What may run, and how it is started, stays the host's to say: see [`stdlib_io::serve`].

shape_runtime::plugin! { stdlib_io::register }
