//! Room for what one call makes, up to the limits of a value.

use shape_runtime::{HostCx, Raise};
use shape_value::memory;
pub(crate) use shape_value::{MAX_ARRAY, MAX_STRING};

/// How many items are collected until it is asked whether there is room and time for more.
const BLOCK: usize = 4096;

/// An empty string with room for `bytes`.
pub(crate) fn string_with(bytes: usize) -> Result<String, Raise> {
    check_string(bytes)?;
    check_room(bytes)?;
    let mut text = String::new();
    text.try_reserve_exact(bytes)
        .map_err(|_| out_of_memory(bytes))?;
    Ok(text)
}

/// An empty vector with room for `elements`.
pub(crate) fn vec_with<T>(elements: usize) -> Result<Vec<T>, Raise> {
    check_array(elements)?;
    check_room(elements.saturating_mul(size_of::<T>()))?;
    let mut items = Vec::new();
    let reserved = items.try_reserve_exact(elements);
    reserved.map_err(|_| out_of_memory(elements.saturating_mul(size_of::<T>())))?;
    Ok(items)
}

/// The items as a vector, as long as they are not too many and the run is not to end.
pub(crate) fn collect<T>(cx: &HostCx, items: impl Iterator<Item = T>) -> Result<Vec<T>, Raise> {
    let mut items = items.take(MAX_ARRAY + 1);
    let mut collected: Vec<T> = items.by_ref().take(BLOCK).collect();
    while collected.len().is_multiple_of(BLOCK) && !collected.is_empty() {
        // The items of a long text take many times what it takes.
        check_room(0)?;
        cx.check_interrupt()?;
        let before = collected.len();
        collected.extend(items.by_ref().take(BLOCK));
        if collected.len() == before {
            break;
        }
    }
    check_array(collected.len())?;
    Ok(collected)
}

/// Whether an array may have so many elements.
#[inline]
pub(crate) fn check_array(elements: usize) -> Result<(), Raise> {
    if elements <= MAX_ARRAY {
        Ok(())
    } else {
        Err(too_long(elements))
    }
}

#[cold]
fn too_long(elements: usize) -> Raise {
    Raise::resource(format!(
        "an array of {elements} elements is larger than the limit of {MAX_ARRAY}"
    ))
}

/// Whether a string may have so many bytes.
pub(crate) fn check_string(bytes: usize) -> Result<(), Raise> {
    if bytes <= MAX_STRING {
        return Ok(());
    }
    Err(Raise::resource(format!(
        "a string of {bytes} bytes is larger than the limit of {MAX_STRING}"
    )))
}

/// Whether the run may take so many bytes more: what is made at once would be there before anybody
/// noticed.
#[inline]
pub(crate) fn check_room(bytes: usize) -> Result<(), Raise> {
    match memory::has_room(bytes) {
        true => Ok(()),
        false => Err(no_room(bytes)),
    }
}

#[cold]
fn no_room(bytes: usize) -> Raise {
    let limit = memory::limit().unwrap_or_default();
    Raise::resource(format!(
        "{bytes} bytes more would pass the memory limit of {limit} bytes"
    ))
}

fn out_of_memory(bytes: usize) -> Raise {
    Raise::resource(format!("there is no memory for {bytes} bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shape_runtime::Stop;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn collecting_ends_with_the_run() {
        let flag = Arc::new(AtomicBool::new(true));
        let cx = HostCx::new().with_interrupt(flag);
        // Without an end: only the flag can keep it from collecting as many as an array may have.
        let mut asked = 0;
        let items = std::iter::repeat_with(|| asked += 1);
        let collected = collect(&cx, items);
        assert!(matches!(collected, Err(Raise::Stop(Stop::Cancelled))));
        assert_eq!(asked, BLOCK);
    }

    #[test]
    fn all_items_are_collected() {
        for count in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK] {
            let collected = collect(&HostCx::new(), 0..count);
            assert!(matches!(collected, Ok(items) if items.len() == count));
        }
    }
}
