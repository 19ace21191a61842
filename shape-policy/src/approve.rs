//! The decision, and the value that proves it.

use crate::ask::{Answer, Approver, DenyAll, Question};
use crate::environment;
use crate::error::{Denial, DenialReason, Refusal};
use crate::grant::{ProcessGrant, Verdict};
use crate::pattern::ProgramPattern;
use crate::quote::Quoted;
use crate::request::{Ask, Request};
use crate::resolve::{Resolved, Resolver};
use std::fmt;
use std::sync::Arc;

/// Something that may run: what was asked, and what it was resolved to.
///
/// Only [`Policy::approve`] makes one.
///
/// ```compile_fail,E0451
/// let approved = shape_policy::Approved { spec: (), resolved: todo!() };
/// ```
/// ```compile_fail,E0599
/// fn approve<T>(spec: T, resolved: shape_policy::Resolved) -> shape_policy::Approved<T> {
///     shape_policy::Approved::new(spec, resolved)
/// }
/// ```
#[derive(Debug)]
pub struct Approved<T> {
    spec: T,
    resolved: Resolved,
}

impl<T> Approved<T> {
    /// What was asked for.
    pub fn spec(&self) -> &T {
        &self.spec
    }

    /// The file, directory and environment that were decided on.
    pub fn resolved(&self) -> &Resolved {
        &self.resolved
    }

    /// Both, to be used up: what is taken apart is approved no more.
    pub fn into_parts(self) -> (T, Resolved) {
        (self.spec, self.resolved)
    }
}

/// Decides what may run. It can be shared between threads; one per run is the custom.
pub struct Policy {
    grant: ProcessGrant,
    approver: Arc<dyn Approver>,
    resolver: Resolver,
}

impl Policy {
    /// A policy that asks nobody: what `grant` does not allow is denied.
    pub fn new(grant: ProcessGrant) -> Self {
        Self::asking(grant, Arc::new(DenyAll))
    }

    /// A policy that asks `approver` about what `grant` leaves open.
    pub fn asking(grant: ProcessGrant, approver: Arc<dyn Approver>) -> Self {
        Self {
            grant,
            approver,
            resolver: Resolver::new(),
        }
    }

    /// `spec`, approved.
    ///
    /// It is resolved, then held against the grant: denied if it is to be detached and that is not
    /// allowed, if the deny list has it, or if there is an
    /// allow list and the request sets a variable that makes programs run other code; else approved if
    /// the allow list has it, else asked about, and denied when there is nobody to ask.
    ///
    /// # Errors
    /// [`Refusal::Resolve`] if there is nothing to run, [`Refusal::Denied`] if it may not.
    ///
    /// # Blocking
    /// As long as the approver takes, if it is asked.
    pub fn approve<T: Ask>(&self, spec: T) -> Result<Approved<T>, Refusal> {
        let request = spec.request();
        let resolved = self.resolver.resolve(&request)?;
        if spec.is_detached() && !self.grant.allows_detached() {
            return Err(self
                .denial(&request, &resolved, DenialReason::Detached)
                .into());
        }
        self.decide(&request, &resolved)?;
        Ok(Approved { spec, resolved })
    }

    fn decide(&self, request: &Request<'_>, resolved: &Resolved) -> Result<(), Denial> {
        match self
            .grant
            .decide(request, resolved.program(), &self.resolver)
        {
            Verdict::Allowed => Ok(()),
            Verdict::Denied(reason) => Err(self.denial(request, resolved, reason)),
            Verdict::Open => match self.approver.ask(&Question::new(request, resolved)) {
                Answer::Yes => Ok(()),
                Answer::No => Err(self.denial(request, resolved, DenialReason::UserSaidNo)),
                Answer::Nobody => Err(self.denial(request, resolved, self.grant.unasked())),
            },
        }
    }

    fn denial(&self, request: &Request<'_>, resolved: &Resolved, reason: DenialReason) -> Denial {
        let help = match &reason {
            DenialReason::AllDenied => "run without `--deny-process`".to_owned(),
            DenialReason::OnDenyList(entry) => format!("take `{entry}` off `--deny-process`"),
            DenialReason::Detached => "allow it with `--allow-detach`".to_owned(),
            DenialReason::SetsCode { variable, .. } => format!(
                "allow it with `--allow-process` without a list, or leave {} as it is",
                Quoted::new(variable)
            ),
            _ => format!("allow it with `{}`", self.allowing_flag(request, resolved)),
        };
        let path = resolved.program().path().to_owned();
        Denial::new(request.program.to_owned(), path, reason, help)
    }

    /// The narrowest flag that allows this program: its name if that means it, else its path, and
    /// neither if it is started with variables that make it run other code.
    fn allowing_flag(&self, request: &Request<'_>, resolved: &Resolved) -> String {
        if environment::changed_code(request.env).is_some() {
            return "--allow-process".to_owned();
        }
        let program = resolved.program();
        [
            program.path().file_name(),
            Some(program.entry().as_os_str()),
        ]
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.to_str().filter(|entry| !entry.contains(',')))
        .filter_map(|entry| entry.parse::<ProgramPattern>().ok())
        .find(|pattern| pattern.allows(program, &self.resolver))
        .map_or("--allow-process".to_owned(), |pattern| {
            format!("--allow-process={pattern}")
        })
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("grant", &self.grant)
            .finish_non_exhaustive()
    }
}
