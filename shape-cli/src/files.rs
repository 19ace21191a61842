//! The sources of a run: the script, and the modules next to it.

use shape_check::Sources;
use shape_policy::Quoted;
use shape_syntax::{FileId, SourceMap};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A file of more bytes is refused: nobody wrote it by hand, and `/dev/zero` has no end.
const MAX_BYTES: u64 = 512 << 20;

/// The sources that have been read.
#[derive(Debug, Default)]
pub(crate) struct Files {
    map: SourceMap,
    /// The folder in which the modules of each source are looked for.
    folders: Vec<PathBuf>,
    /// What has been read, by its canonical path, so that a file is one module under all its names.
    known: HashMap<PathBuf, FileId>,
}

impl Files {
    /// Reads the script at `path`, or standard input for `-`.
    ///
    /// # Errors
    /// A sentence that names the file.
    pub(crate) fn open(&mut self, path: &Path) -> Result<FileId, String> {
        if path == Path::new("-") {
            return self.open_stdin();
        }
        self.open_with(path, "")
    }

    /// Reads the script at `path`, and puts `more` behind it.
    ///
    /// # Errors
    /// A sentence that names the file.
    pub(crate) fn open_with(&mut self, path: &Path, more: &str) -> Result<FileId, String> {
        let shown = Quoted::new(path).to_string();
        let bytes = read_file(path).map_err(|error| cannot_read(&shown, &error))?;
        let mut text = text(&shown, bytes)?;
        text.push_str(more);
        Ok(self.insert(path, &text))
    }

    /// Reads standard input to its end.
    ///
    /// # Errors
    /// A sentence that says so.
    pub(crate) fn open_stdin(&mut self) -> Result<FileId, String> {
        let bytes =
            read(io::stdin().lock(), 0).map_err(|error| cannot_read("standard input", &error))?;
        Ok(self.add_unnamed("<stdin>", &text("standard input", bytes)?))
    }

    /// Keeps a text that is no file; its modules are looked for in the current directory.
    pub(crate) fn add_unnamed(&mut self, name: &str, text: &str) -> FileId {
        self.folders.push(PathBuf::new());
        self.map.add(name, text)
    }

    /// The texts, for diagnostics.
    pub(crate) fn map(&self) -> &SourceMap {
        &self.map
    }

    /// The text of a source.
    pub(crate) fn text(&self, file: FileId) -> Rc<str> {
        self.map.source(file).into()
    }

    fn insert(&mut self, path: &Path, text: &str) -> FileId {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        self.folders.push(folder);
        let file = self.map.add(path.to_string_lossy().as_ref(), text);
        if let Ok(canonical) = path.canonicalize() {
            self.known.insert(canonical, file);
        }
        file
    }
}

impl Sources for Files {
    fn load(&mut self, from: FileId, path: &[&str]) -> Result<Option<(FileId, Rc<str>)>, String> {
        // Beside the file that asks, else beside the script.
        for folder in [from, FileId(0)] {
            let found = self.load_beside(folder, path)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn add(&mut self, name: &str, text: &str) -> FileId {
        self.add_unnamed(name, text)
    }
}

impl Files {
    fn load_beside(
        &mut self,
        from: FileId,
        path: &[&str],
    ) -> Result<Option<(FileId, Rc<str>)>, String> {
        let mut file = self
            .folders
            .get(from.0 as usize)
            .cloned()
            .unwrap_or_default();
        file.extend(path);
        file.set_extension("shape");
        if let Some(&known) = file
            .canonicalize()
            .ok()
            .and_then(|path| self.known.get(&path))
        {
            return Ok(Some((known, self.text(known))));
        }
        let shown = Quoted::new(&file).to_string();
        let bytes = match read_file(&file) {
            Ok(bytes) => bytes,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(cannot_read(&shown, &error)),
        };
        let text = text(&shown, bytes)?;
        let id = self.insert(&file, &text);
        Ok(Some((id, text.into())))
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    // One more, so that the end is met without growing.
    read(file, usize::try_from(size.min(MAX_BYTES)).unwrap_or(0) + 1)
}

/// All bytes, as long as they are not too many.
fn read(source: impl Read, expected: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(expected);
    source.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        let message = format!("it has more than {} MiB", MAX_BYTES >> 20);
        return Err(io::Error::other(message));
    }
    Ok(bytes)
}

fn text(name: &str, bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let line = 1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count();
        format!(
            "{name} is not UTF-8: byte {at}, in line {line}, is 0x{:02x}",
            bytes[at]
        )
    })
}

/// What went wrong, in the system's words without its number.
fn cannot_read(name: &str, error: &io::Error) -> String {
    let text = error.to_string();
    let words = text.split(" (os error").next().unwrap_or(&text);
    format!("cannot read {name}: {words}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_is_one_module_under_all_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("main.shape");
        fs::create_dir(folder.path().join("utils")).unwrap();
        fs::write(&script, "use utils::text").unwrap();
        fs::write(folder.path().join("utils/text.shape"), "pub fn f() { 1 }").unwrap();
        std::os::unix::fs::symlink("utils", folder.path().join("tools")).unwrap();
        let mut files = Files::default();
        let main = files.open(&script).unwrap();
        let (text, source) = files.load(main, &["utils", "text"]).unwrap().unwrap();
        assert_eq!(&*source, "pub fn f() { 1 }");
        assert!(files.map().name(text).ends_with("utils/text.shape"));
        assert_eq!(
            files.load(main, &["tools", "text"]).unwrap().unwrap().0,
            text
        );
        assert_eq!(files.load(text, &["text"]).unwrap().unwrap().0, text);
        assert!(files.load(main, &["missing"]).unwrap().is_none());
        assert!(files.load(main, &["main", "x"]).unwrap().is_none());
    }

    #[test]
    fn bytes_that_are_no_text_are_named() {
        assert_eq!(
            text("\"a\"", b"a\nb\xffc".to_vec()),
            Err("\"a\" is not UTF-8: byte 3, in line 2, is 0xff".to_owned())
        );
        assert_eq!(text("\"a\"", "é".into()), Ok("é".to_owned()));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let mut files = Files::default();
        let error = files.open(Path::new("/no/such.shape")).unwrap_err();
        assert_eq!(
            error,
            "cannot read \"/no/such.shape\": No such file or directory"
        );
        let error = files.open(Path::new("/")).unwrap_err();
        assert_eq!(error, "cannot read \"/\": Is a directory");
    }
}
