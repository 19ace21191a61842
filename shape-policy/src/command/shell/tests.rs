//! Tests against a table, against properties, and against real shells.

use super::tree::Place;
use super::*;
use crate::command::Word;

mod properties;
mod real;
mod table;
