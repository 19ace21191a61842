//! Resources of the host and the handles by which scripts hold them.

use std::any::{Any, TypeId};
use std::cell::{Cell, Ref, RefCell, RefMut};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::{Rc, Weak};

/// Something of the host that a script holds by a handle: a child process, a stream.
///
/// It is dropped when the script lets go of the last handle, when it is closed, and at the end of
/// the run; its `Drop` must then release what it stands for. A panic in there is nobody's error: it is
/// told to the panic hook and goes no further.
pub trait Resource: Any {
    /// The name of its type as scripts write it, such as `IoHandle`.
    fn type_name(&self) -> &'static str;

    /// Which one it is, for people: the program of a child. Asked once, when it enters the table.
    fn describe(&self) -> String;

    /// Whether it is still there; one that stands for a resource elsewhere may outlive that.
    fn is_open(&self) -> bool {
        true
    }
}

/// Why a handle does not give its resource.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandleError {
    /// It was closed.
    Closed(String),
    /// It is a resource of another kind.
    WrongKind(String),
    /// The host is using it at this moment, further up in the same call.
    InUse(String),
}

impl fmt::Display for HandleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(what) => write!(f, "the handle of {what} is closed"),
            Self::WrongKind(what) => write!(f, "the handle of {what} cannot be used for this"),
            Self::InUse(what) => write!(f, "the handle of {what} is in use"),
        }
    }
}

impl std::error::Error for HandleError {}

/// A script's handle of a resource: clones are the same handle.
#[derive(Clone)]
pub struct IoHandle(Rc<Entry>);

/// What tells where a resource really is, to whoever made it: see [`ResourceTable::insert_marked`].
pub type Mark = (usize, u32);

struct Entry {
    slot: u32,
    generation: u32,
    type_name: &'static str,
    label: Box<str>,
    resource: RefCell<Option<Box<dyn Resource>>>,
    /// The type of the resource that has a mark, and that, until it is closed.
    mark: Cell<Option<(TypeId, Mark)>>,
    table: Weak<RefCell<Slots>>,
}

/// The resources of one run.
///
/// It does not keep a resource alive: the handles do. It can reach all that are open, closes them
/// when it is dropped, and gives each handle a slot and a generation that no other handle of the thread
/// has, also of other runs: a handle may come from an earlier one.
#[derive(Default)]
pub struct ResourceTable {
    slots: Rc<RefCell<Slots>>,
}

#[derive(Default)]
struct Slots {
    slots: Vec<Weak<Entry>>,
    free: Vec<u32>,
}

thread_local! {
    /// The generation of the next handle. After 2^32 of them it begins anew.
    static GENERATION: Cell<u32> = const { Cell::new(0) };
}

impl ResourceTable {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a resource in and gives the handle for the script.
    #[must_use]
    pub fn insert<T: Resource>(&self, resource: T) -> IoHandle {
        self.insert_with(resource, None)
    }

    /// As [`insert`](Self::insert), with a [`mark`](IoHandle::mark) that only who can name the type can give or
    /// read. That is quicker than to look into the resource.
    #[must_use]
    pub fn insert_marked<T: Resource>(&self, resource: T, mark: Mark) -> IoHandle {
        self.insert_with(resource, Some((TypeId::of::<T>(), mark)))
    }

    fn insert_with<T: Resource>(&self, resource: T, mark: Option<(TypeId, Mark)>) -> IoHandle {
        let mut slots = self.slots.borrow_mut();
        let slot = slots.take_free();
        let entry = Rc::new(Entry {
            slot,
            generation: GENERATION.replace(GENERATION.get().wrapping_add(1)),
            type_name: resource.type_name(),
            label: resource.describe().into_boxed_str(),
            resource: RefCell::new(Some(Box::new(resource))),
            mark: Cell::new(mark),
            table: Rc::downgrade(&self.slots),
        });
        slots.slots[slot as usize] = Rc::downgrade(&entry);
        IoHandle(entry)
    }

    /// The handle with this [`id`](IoHandle::id), while somebody holds it.
    #[must_use]
    pub fn get(&self, (slot, generation): (u32, u32)) -> Option<IoHandle> {
        let slots = self.slots.borrow();
        let entry = slots.slots.get(usize::try_from(slot).ok()?)?.upgrade()?;
        (entry.generation == generation).then_some(IoHandle(entry))
    }

    /// The handles of all open resources, in order of their slots.
    #[must_use]
    pub fn open(&self) -> Vec<IoHandle> {
        let slots = self.slots.borrow();
        let entries = slots.slots.iter().filter_map(Weak::upgrade);
        entries.map(IoHandle).filter(IoHandle::is_open).collect()
    }

    /// Drops all resources; their handles stay, closed. One that is in use stays.
    pub fn close_all(&self) {
        for handle in self.open() {
            let _ = handle.close();
        }
    }
}

impl Drop for ResourceTable {
    /// Handles may outlive the run (closures can hold each other); resources may not.
    fn drop(&mut self) {
        self.close_all();
    }
}

impl fmt::Debug for ResourceTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.open()).finish()
    }
}

impl Slots {
    fn take_free(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.slots.push(Weak::new());
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        })
    }

    fn release(&mut self, slot: u32) {
        if let Some(entry) = self.slots.get_mut(slot as usize) {
            *entry = Weak::new();
            self.free.push(slot);
        }
    }
}

/// Drops a resource. A panic of its `Drop` ends here: handles are dropped anywhere in a run, also several
/// at once, and a second panic would end the process.
fn release(resource: Option<Box<dyn Resource>>) {
    if resource.is_some() {
        let _ = catch_unwind(AssertUnwindSafe(|| drop(resource)));
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        release(self.resource.get_mut().take());
        // A table that is being walked keeps the slot; it is lost until the end of the run.
        if let Some(table) = self.table.upgrade()
            && let Ok(mut slots) = table.try_borrow_mut()
        {
            slots.release(self.slot);
        }
    }
}

impl IoHandle {
    /// The resource, to look at.
    ///
    /// # Errors
    /// When it is closed, of another kind than `T`, or borrowed mutably.
    #[inline]
    pub fn get<T: Resource>(&self) -> Result<Ref<'_, T>, HandleError> {
        match self.0.resource.try_borrow() {
            Ok(resource) => Ref::filter_map(resource, |slot| {
                (slot.as_deref()? as &dyn Any).downcast_ref()
            })
            .map_err(|slot| self.missing(slot.is_some())),
            Err(_) => Err(self.in_use()),
        }
    }

    /// The resource, to change.
    ///
    /// # Errors
    /// When it is closed, of another kind than `T`, or borrowed.
    #[inline]
    pub fn get_mut<T: Resource>(&self) -> Result<RefMut<'_, T>, HandleError> {
        match self.0.resource.try_borrow_mut() {
            Ok(resource) => RefMut::filter_map(resource, |slot| {
                (slot.as_deref_mut()? as &mut dyn Any).downcast_mut()
            })
            .map_err(|slot| self.missing(slot.is_some())),
            Err(_) => Err(self.in_use()),
        }
    }

    /// Takes the resource out; the handle is closed from here on.
    ///
    /// # Errors
    /// As for [`IoHandle::get_mut`].
    pub fn take<T: Resource>(&self) -> Result<Box<T>, HandleError> {
        drop(self.get_mut::<T>()?);
        self.0.mark.set(None);
        let resource = self.0.resource.take();
        let resource = resource.map(|resource| resource as Box<dyn Any>);
        resource
            .and_then(|r| r.downcast().ok())
            .ok_or_else(|| HandleError::Closed(self.name()))
    }

    /// Drops the resource; gives whether it was still open.
    ///
    /// # Errors
    /// When it is borrowed.
    pub fn close(&self) -> Result<bool, HandleError> {
        let mut slot = self
            .0
            .resource
            .try_borrow_mut()
            .map_err(|_| self.in_use())?;
        self.0.mark.set(None);
        let resource = slot.take();
        // Its `Drop` may look at this handle.
        drop(slot);
        let was_open = resource.is_some();
        release(resource);
        Ok(was_open)
    }

    /// What a resource of this type was given as its mark; `None` where it is of another type, has none, or
    /// is closed.
    #[must_use]
    #[inline]
    pub fn mark<T: Resource>(&self) -> Option<Mark> {
        match self.0.mark.get() {
            Some((of, mark)) if of == TypeId::of::<T>() => Some(mark),
            _ => None,
        }
    }

    /// Whether the resource is there.
    #[must_use]
    pub fn is_open(&self) -> bool {
        // What is borrowed is there.
        self.0.resource.try_borrow().map_or(true, |resource| {
            resource.as_ref().is_some_and(|resource| resource.is_open())
        })
    }

    /// Which one it is, for people.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.0.label
    }

    /// The name of its type, such as `IoHandle`.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        self.0.type_name
    }

    /// Slot and generation: together unique on a thread.
    #[must_use]
    pub fn id(&self) -> (u32, u32) {
        (self.0.slot, self.0.generation)
    }

    #[cold]
    #[inline(never)]
    fn missing(&self, open: bool) -> HandleError {
        if open {
            HandleError::WrongKind(self.name())
        } else {
            HandleError::Closed(self.name())
        }
    }

    #[cold]
    #[inline(never)]
    fn in_use(&self) -> HandleError {
        HandleError::InUse(self.name())
    }

    fn name(&self) -> String {
        self.0.label.to_string()
    }
}

impl PartialEq for IoHandle {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for IoHandle {}

/// `<io_handle:PROGRAM:open>` or `<io_handle:PROGRAM:closed>`.
impl fmt::Display for IoHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<")?;
        for (i, c) in self.0.type_name.chars().enumerate() {
            let underscore = if i > 0 && c.is_ascii_uppercase() {
                "_"
            } else {
                ""
            };
            write!(f, "{underscore}{}", c.to_ascii_lowercase())?;
        }
        write!(
            f,
            ":{}:{}>",
            self.label(),
            if self.is_open() { "open" } else { "closed" }
        )
    }
}

impl fmt::Debug for IoHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}#{}.{}", self.0.slot, self.0.generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    struct Child(Rc<Cell<u32>>);

    impl Resource for Child {
        fn type_name(&self) -> &'static str {
            "IoHandle"
        }

        fn describe(&self) -> String {
            "cat".to_owned()
        }
    }

    impl Drop for Child {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }

    struct Other;

    impl Resource for Other {
        fn type_name(&self) -> &'static str {
            "Other"
        }

        fn describe(&self) -> String {
            "other".to_owned()
        }
    }

    #[test]
    fn the_last_handle_drops_the_resource() {
        let drops = Rc::new(Cell::new(0));
        let table = ResourceTable::new();
        let handle = table.insert(Child(drops.clone()));
        let again = handle.clone();
        drop(handle);
        assert_eq!((drops.get(), table.open().len()), (0, 1));
        drop(again);
        assert_eq!((drops.get(), table.open().len()), (1, 0));
    }

    #[test]
    fn slots_are_used_again_with_a_new_generation() {
        let table = ResourceTable::new();
        let first = table.insert(Other).id();
        assert_eq!(table.insert(Other).id(), (first.0, first.1 + 1));
    }

    #[test]
    fn handles_of_two_tables_have_different_ids() {
        let first = ResourceTable::new().insert(Other);
        let table = ResourceTable::new();
        let second = table.insert(Other);
        assert_ne!(first.id(), second.id());
        assert_eq!(table.get(first.id()), None);
    }

    #[test]
    fn a_handle_is_found_by_its_id_while_it_is_held() {
        let table = ResourceTable::new();
        let handle = table.insert(Other);
        let id = handle.id();
        assert_eq!(table.get(id).as_ref(), Some(&handle));
        assert_eq!(table.get((id.0, id.1 + 1)), None);
        drop(handle);
        assert_eq!(table.get(id), None);
    }

    #[test]
    fn a_mark_is_read_by_the_type_until_the_resource_is_gone() {
        let table = ResourceTable::new();
        let marked = || table.insert_marked(Other, (7, 8));
        let handle = marked();
        assert_eq!(handle.mark::<Other>(), Some((7, 8)));
        assert_eq!(handle.mark::<Child>(), None);
        assert_eq!(table.insert(Other).mark::<Other>(), None);
        assert_eq!(handle.close(), Ok(true));
        assert_eq!(handle.mark::<Other>(), None);
        let taken = marked();
        assert!(taken.take::<Other>().is_ok());
        assert_eq!(taken.mark::<Other>(), None);
    }

    #[test]
    fn closed_and_wrong_handles_say_so() {
        let drops = Rc::new(Cell::new(0));
        let table = ResourceTable::new();
        let handle = table.insert(Child(drops.clone()));
        assert_eq!(handle.to_string(), "<io_handle:cat:open>");
        assert_eq!(
            handle.get::<Other>().err(),
            Some(HandleError::WrongKind("cat".into()))
        );
        let borrowed = handle.get::<Child>().unwrap();
        assert_eq!(handle.close(), Err(HandleError::InUse("cat".into())));
        drop(borrowed);
        assert_eq!(handle.close(), Ok(true));
        assert_eq!(handle.close(), Ok(false));
        assert_eq!(
            handle.get_mut::<Child>().err(),
            Some(HandleError::Closed("cat".into()))
        );
        assert_eq!(
            (handle.to_string().as_str(), drops.get()),
            ("<io_handle:cat:closed>", 1)
        );
    }

    #[test]
    fn the_end_of_the_table_closes_what_is_left() {
        let drops = Rc::new(Cell::new(0));
        let table = ResourceTable::new();
        let handle = table.insert(Child(drops.clone()));
        drop(table);
        assert_eq!((drops.get(), handle.is_open()), (1, false));
        assert!(handle.take::<Child>().is_err());
    }
}
