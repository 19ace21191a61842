//! The state of a check, and its entry.

use crate::body::Body;
use crate::closure::ClosureInfo;
use crate::defs::{Alias, DefInfo};
use crate::drops::Drops;
use crate::dynamic::Dyns;
use crate::entry::{Entry, EntryError};
use crate::group::Group;
use crate::infer::Vars;
use crate::instance::{Instances, Template};
use crate::map_literal::EmptyLiterals;
use crate::modules::{ModuleId, ModuleScope};
use crate::passing::Passings;
use crate::program::{Program, Variable};
use crate::refs::Misplaced;
use crate::script::{Imported, Literals};
use crate::traits::Traits;
use crate::types::{DefId, Ty, Types};
use crate::widen::Widened;
use rustc_hash::{FxHashMap, FxHashSet};
use shape_abi::ModuleDecl;
use shape_syntax::ast::Module;
use shape_syntax::{Diagnostic, FileId, SourceMap, Span};
use std::rc::Rc;

/// Where the text of other modules comes from.
pub trait Sources {
    /// The text of the module that a file names by `path` (`utils::text` is `["utils", "text"]`),
    /// or `None` when there is no such file.
    ///
    /// # Errors
    /// A sentence for people when there is a file that cannot be read.
    fn load(&mut self, from: FileId, path: &[&str]) -> Result<Option<(FileId, Rc<str>)>, String>;

    /// Keeps the text of a host module for later diagnostics, and numbers it.
    fn add(&mut self, name: &str, text: &str) -> FileId;
}

/// For a script that stands alone: there are no files beside it.
impl Sources for SourceMap {
    fn load(&mut self, _from: FileId, _path: &[&str]) -> Result<Option<(FileId, Rc<str>)>, String> {
        Ok(None)
    }

    fn add(&mut self, name: &str, text: &str) -> FileId {
        self.add(name, text)
    }
}

/// What is checked, and against what.
pub struct CheckInput<'a> {
    /// The tree of the script.
    pub script: &'a Module,
    /// Its file.
    pub file: FileId,
    /// The host's modules.
    pub host: &'a [ModuleDecl],
    /// Other files.
    pub sources: &'a mut dyn Sources,
}

/// What came of a check.
#[derive(Debug)]
pub struct Checked {
    /// The program, unless a diagnostic is an error or an entry cannot be had.
    pub program: Option<Program>,
    /// What is wrong with the script, or looks wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// What is wrong with the entries.
    pub entry_errors: Vec<EntryError>,
}

/// Checks a script. The program is there unless a diagnostic is an error.
#[must_use]
pub fn check(input: CheckInput<'_>) -> (Option<Program>, Vec<Diagnostic>) {
    let checked = check_entries(input, &[]);
    (checked.program, checked.diagnostics)
}

/// Checks a script whose functions the host calls as `entries` says; they are in the order of
/// [`Program::entries`].
#[must_use]
pub fn check_entries<'a>(input: CheckInput<'a>, entries: &'a [Entry]) -> Checked {
    let mut checker = Checker::new(&input);
    checker.sources = Some(input.sources);
    checker.wanted = entries;
    checker.script(input.script);
    checker.finish()
}

pub(crate) struct Checker<'a> {
    pub(crate) types: Types,
    pub(crate) vars: Vars,
    pub(crate) host: &'a [ModuleDecl],
    pub(crate) sources: Option<&'a mut dyn Sources>,
    pub(crate) diags: Vec<Diagnostic>,
    pub(crate) modules: Vec<ModuleScope>,
    /// The module of each loaded file.
    pub(crate) files: FxHashMap<FileId, ModuleId>,
    /// The scope of each host module's own source, once it has been parsed.
    pub(crate) host_sources: FxHashMap<u32, Option<ModuleId>>,
    /// The methods and functions of each host module by name.
    pub(crate) host_index: Vec<FxHashMap<Rc<str>, u32>>,
    pub(crate) host_defs: FxHashMap<String, DefId>,
    pub(crate) defs: Vec<DefInfo>,
    pub(crate) aliases: Vec<Alias>,
    pub(crate) templates: Vec<Template>,
    pub(crate) instances: Instances,
    pub(crate) closures: Vec<ClosureInfo>,
    pub(crate) groups: Vec<Group>,
    pub(crate) globals: Vec<Variable>,
    pub(crate) sigs: FxHashMap<(Vec<Ty>, Ty), u32>,
    pub(crate) dispatch: Vec<Vec<(crate::types::ClosureId, usize)>>,
    pub(crate) type_args: Vec<Ty>,
    /// What is read from JSON, and where.
    pub(crate) read_types: Vec<(Ty, Span)>,
    /// Where the parameters are declared that have been met.
    pub(crate) params_at: FxHashSet<Span>,
    pub(crate) body: Body,
    /// The top level, once it has been checked.
    pub(crate) main: Option<crate::program::Func>,
    /// The functions that the host wants to call.
    pub(crate) wanted: &'a [Entry],
    /// Those that it can call.
    pub(crate) entries: Vec<crate::program::Func>,
    pub(crate) entry_errors: Vec<EntryError>,
    /// The modules that run before the script.
    pub(crate) imported: Vec<(ModuleId, Imported)>,
    pub(crate) literals: Literals,
    pub(crate) passings: Passings,
    /// Where a `&` is misplaced, if it is no operand of its own.
    pub(crate) misplaced: FxHashMap<Span, Misplaced>,
    pub(crate) empty_literals: EmptyLiterals,
    pub(crate) widened: Widened,
    pub(crate) traits: Traits,
    pub(crate) dyns: Dyns,
    pub(crate) drops: Drops,
    /// In a session, how many top-level variables earlier inputs have. They all live on when the top
    /// level has run.
    pub(crate) carried: Option<usize>,
    /// How many questions about traits the outermost one has led to.
    pub(crate) questions: u32,
}

impl<'a> Checker<'a> {
    fn new(input: &CheckInput<'a>) -> Self {
        Self {
            modules: vec![ModuleScope::new("", input.file)],
            files: std::iter::once((input.file, 0)).collect(),
            ..Self::empty(input.host)
        }
    }

    /// What knows the modules of a host and nothing else.
    pub(crate) fn empty(host: &'a [ModuleDecl]) -> Self {
        Self {
            types: Types::default(),
            vars: Vars::default(),
            host,
            sources: None,
            diags: Vec::new(),
            modules: Vec::new(),
            files: FxHashMap::default(),
            host_sources: FxHashMap::default(),
            host_index: vec![FxHashMap::default(); host.len()],
            host_defs: FxHashMap::default(),
            defs: Vec::new(),
            aliases: Vec::new(),
            templates: Vec::new(),
            instances: Instances::default(),
            closures: Vec::new(),
            groups: Vec::new(),
            globals: Vec::new(),
            sigs: FxHashMap::default(),
            dispatch: Vec::new(),
            type_args: Vec::new(),
            read_types: Vec::new(),
            params_at: FxHashSet::default(),
            body: Body::new(0),
            main: None,
            wanted: &[],
            entries: Vec::new(),
            entry_errors: Vec::new(),
            imported: Vec::new(),
            literals: Literals::default(),
            passings: Passings::default(),
            misplaced: FxHashMap::default(),
            empty_literals: EmptyLiterals::default(),
            widened: Widened::default(),
            traits: Traits::default(),
            dyns: Dyns::default(),
            drops: Drops::default(),
            carried: None,
            questions: 0,
        }
    }

    /// Reports a problem.
    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.diags.push(diagnostic);
    }

    /// Reports an error that needs no more than its message.
    pub(crate) fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.report(Diagnostic::error(code, span, message));
    }
}

/// One diagnostic per cause: the same code at the same place is said once, however many instances
/// of a template met it.
pub(crate) fn without_repeats(diags: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut seen = FxHashSet::default();
    diags
        .into_iter()
        .filter(|d| seen.insert((d.code, d.span)))
        .collect()
}
