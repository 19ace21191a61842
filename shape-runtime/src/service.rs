//! Services of a host that take bytes and give bytes.

use std::fmt;
use std::sync::Arc;

/// A service that can be called from a plugin as well as from a linked module: it takes bytes and gives
/// bytes, on any thread, for as long as anybody holds it.
///
/// A host gives one to a run with [`HostCx::set_byte_service`](crate::HostCx::set_byte_service).
#[derive(Clone)]
pub struct ByteService(Arc<Answer>);

/// What answers a request.
type Answer = dyn Fn(&[u8]) -> Vec<u8> + Send + Sync;

impl ByteService {
    /// A service.
    pub fn new(service: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self(Arc::new(service))
    }

    /// What it answers. A service that fails answers with nothing.
    #[must_use]
    pub fn call(&self, request: &[u8]) -> Vec<u8> {
        (self.0)(request)
    }
}

impl fmt::Debug for ByteService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteService").finish_non_exhaustive()
    }
}
