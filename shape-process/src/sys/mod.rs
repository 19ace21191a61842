//! Linux underneath: the only module with unsafe code, all of it in [`spawn`] and
//! [`signals`].

pub(crate) mod event;
pub(crate) mod group;
pub(crate) mod pipe;
pub(crate) mod reap;
pub(crate) mod signals;
pub(crate) mod spawn;
