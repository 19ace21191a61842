//! Runs a program for at most two seconds and prints what happened.
//!
//! `cargo run --example timeout -- sh -c 'echo begun; sleep 60 & sleep 60'`

use shape_process::{Error, Spec};
use std::io::Write as _;
use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args_os().skip(1);
    let program = args.next().ok_or("usage: timeout PROGRAM [ARGUMENT...]")?;
    let spec = Spec::new(program).args(args);
    let mut out = std::io::stdout().lock();
    match spec.timeout(Duration::from_secs(2)).run() {
        Ok(output) => {
            writeln!(
                out,
                "exit code {} after {:?}",
                output.status, output.duration
            )?;
            out.write_all(&output.stdout)?;
        }
        // Neither the program nor anything that it started is alive now.
        Err(Error::Timeout { after, output, .. }) => {
            writeln!(out, "ended after {after:?}; until then it wrote:")?;
            out.write_all(&output.stdout)?;
        }
        Err(error) => writeln!(out, "{error}")?,
    }
    Ok(())
}
