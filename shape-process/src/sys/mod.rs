//! Linux underneath: the only module with unsafe code, all of it in [`spawn`], [`limits`], [`reap`] and
//! [`signals`].

pub(crate) mod event;
pub(crate) mod group;
pub(crate) mod limits;
pub(crate) mod pipe;
pub(crate) mod poller;
pub(crate) mod proc;
pub(crate) mod reap;
pub(crate) mod signals;
pub(crate) mod socket;
pub(crate) mod spawn;
pub(crate) mod spin;
