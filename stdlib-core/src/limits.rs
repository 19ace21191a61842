//! Room for what one call makes, up to the limits of a value.

use shape_runtime::Raise;
pub(crate) use shape_value::{MAX_ARRAY, MAX_STRING};

/// An empty string with room for `bytes`.
pub(crate) fn string_with(bytes: usize) -> Result<String, Raise> {
    check_string(bytes)?;
    let mut text = String::new();
    text.try_reserve_exact(bytes)
        .map_err(|_| out_of_memory(bytes))?;
    Ok(text)
}

/// An empty vector with room for `elements`.
pub(crate) fn vec_with<T>(elements: usize) -> Result<Vec<T>, Raise> {
    check_array(elements)?;
    let mut items = Vec::new();
    let reserved = items.try_reserve_exact(elements);
    reserved.map_err(|_| out_of_memory(elements.saturating_mul(size_of::<T>())))?;
    Ok(items)
}

/// The items as a vector, as long as they are not too many.
pub(crate) fn collect<T>(items: impl Iterator<Item = T>) -> Result<Vec<T>, Raise> {
    let collected: Vec<T> = items.take(MAX_ARRAY + 1).collect();
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

fn out_of_memory(bytes: usize) -> Raise {
    Raise::resource(format!("there is no memory for {bytes} bytes"))
}
