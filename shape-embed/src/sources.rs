//! The texts of scripts, and of the modules that they import.

use shape_check::Sources;
use shape_syntax::{FileId, SourceMap};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

/// The text of a module by its path, `None` where there is none, or why it cannot be had.
type Load = dyn Fn(&[&str]) -> Result<Option<String>, String> + Send + Sync;

/// Where a host has the texts of modules.
#[derive(Clone)]
pub(crate) struct Importer(pub(crate) Arc<Load>);

impl fmt::Debug for Importer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Importer")
    }
}

/// The texts of modules that were asked for, by path; `None` for one that is not there.
pub(crate) type Imports = BTreeMap<String, Option<Arc<str>>>;

/// The text of a script, and those of the modules that it imports.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    map: SourceMap,
    importer: Option<Importer>,
    imports: Imports,
    files: BTreeMap<String, FileId>,
}

impl Texts {
    /// No texts yet; modules come from `importer`, but for those that have been imported before.
    pub(crate) fn with_imports(importer: Option<Importer>, imports: Imports) -> Self {
        Self {
            importer,
            imports,
            ..Self::default()
        }
    }

    /// The texts, to show diagnostics with.
    pub(crate) fn map(&self) -> &SourceMap {
        &self.map
    }

    /// What was kept, as threads can share it, and what was imported.
    pub(crate) fn into_shared(self) -> (SharedTexts, Imports) {
        let files = (0..).map(FileId).map_while(|file| {
            let name = self.map.name(file);
            (!name.is_empty()).then(|| (name.into(), self.map.source(file).into()))
        });
        (SharedTexts(files.collect()), self.imports)
    }
}

impl Sources for Texts {
    fn load(&mut self, _from: FileId, path: &[&str]) -> Result<Option<(FileId, Rc<str>)>, String> {
        let name = path.join("::");
        if let Some(&file) = self.files.get(&name) {
            return Ok(Some((file, self.map.source(file).into())));
        }
        let text = match (self.imports.get(&name), &self.importer) {
            (Some(known), _) => known.clone(),
            (None, Some(Importer(load))) => load(path)?.map(Arc::from),
            (None, None) => None,
        };
        self.imports.insert(name.clone(), text.clone());
        let Some(text) = text else {
            return Ok(None);
        };
        let file = self.map.add(&*name, &*text);
        self.files.insert(name, file);
        Ok(Some((file, (&*text).into())))
    }

    fn add(&mut self, name: &str, text: &str) -> FileId {
        self.map.add(name, text)
    }
}

/// Names and texts in the order of their numbers, as threads can share them.
#[derive(Clone, Debug)]
pub(crate) struct SharedTexts(Arc<[(Box<str>, Box<str>)]>);

impl SharedTexts {
    /// The texts, to show diagnostics with.
    pub(crate) fn map(&self) -> SourceMap {
        let mut map = SourceMap::new();
        for (name, text) in &*self.0 {
            map.add(&**name, &**text);
        }
        map
    }
}
