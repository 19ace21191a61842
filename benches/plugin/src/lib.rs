//! The functions that benches call, as a plugin.

shape_runtime::plugin! { shape_benches::calls }
