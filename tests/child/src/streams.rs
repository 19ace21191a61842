//! What programs do with their streams.

use std::io::{self, BufRead as _, Read as _, Write};
use std::time::Duration;

pub(crate) fn say(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

pub(crate) fn say_err(text: &str) -> io::Result<()> {
    io::stderr().write_all(text.as_bytes())
}

pub(crate) fn cat() -> io::Result<()> {
    // Not `io::copy`, which would splice and never write itself.
    let mut buffer = vec![0; 64 << 10];
    let mut stdout = io::stdout();
    loop {
        match io::stdin().read(&mut buffer)? {
            0 => return stdout.flush(),
            length => stdout
                .write_all(&buffer[..length])
                .and_then(|()| stdout.flush())?,
        }
    }
}

pub(crate) fn upper() -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        say(&format!("{}\n", line?.to_uppercase()))?;
    }
    Ok(())
}

pub(crate) fn lines(count: usize) -> io::Result<()> {
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    for line in 1..=count {
        writeln!(stdout, "line {line}")?;
    }
    stdout.flush()
}

pub(crate) fn flood(stream: &str, bytes: usize, piece: usize) -> io::Result<()> {
    match stream {
        "stdout" => write_much(&mut io::stdout().lock(), bytes, piece),
        "stderr" => write_much(&mut io::stderr().lock(), bytes, piece),
        _ => Err(io::Error::other("the stream is stdout or stderr")),
    }
}

/// The byte at each place can be told from its neighbours.
fn write_much(stream: &mut impl Write, bytes: usize, piece: usize) -> io::Result<()> {
    let pattern: Vec<u8> = (0..piece).map(|at| b'a' + (at % 26) as u8).collect();
    let mut left = bytes;
    while left > 0 {
        let length = left.min(piece);
        stream.write_all(&pattern[..length])?;
        left -= length;
    }
    stream.flush()
}

pub(crate) fn flood_both(bytes: usize) -> io::Result<()> {
    let piece = [b'x'; 4096];
    let mut left = bytes;
    while left > 0 {
        let length = left.min(piece.len());
        io::stdout().write_all(&piece[..length])?;
        io::stderr().write_all(&piece[..length])?;
        left -= length;
    }
    io::stdout().flush()
}

pub(crate) fn interleave(count: usize) -> io::Result<()> {
    for line in 1..=count {
        say(&format!("out {line}\n"))?;
        say_err(&format!("err {line}\n"))?;
    }
    Ok(())
}

pub(crate) fn utf8_slow() -> io::Result<()> {
    for byte in "é".bytes() {
        io::stdout().write_all(&[byte])?;
        io::stdout().flush()?;
        std::thread::sleep(Duration::from_millis(30));
    }
    Ok(())
}

pub(crate) fn bytes(hex: &str) -> io::Result<()> {
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).map_err(io::Error::other);
    let bytes: Vec<u8> = (0..hex.len())
        .step_by(2)
        .map(byte)
        .collect::<io::Result<_>>()?;
    io::stdout().write_all(&bytes)?;
    io::stdout().flush()
}

pub(crate) fn route() -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        let line = line?;
        match line.split_at_checked(1) {
            Some(("o", text)) => say(&format!("{text}\n"))?,
            Some(("e", text)) => say_err(&format!("{text}\n"))?,
            _ => return Err(io::Error::other("a line begins with o or e")),
        }
    }
    Ok(())
}

pub(crate) fn read_one_line() -> io::Result<()> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    say(&line)
}

pub(crate) fn close_stdin_early(then_sleep: Duration) -> io::Result<()> {
    crate::signals::close_stdin();
    say("closed\n")?;
    std::thread::sleep(then_sleep);
    Ok(())
}

pub(crate) fn prompt() -> io::Result<()> {
    say("Continue? ")?;
    let mut answer = String::new();
    match io::stdin().lock().read_line(&mut answer)? {
        0 => say("eof\n"),
        _ => say(&answer),
    }
}

/// Says `partial` and waits for input: reads standard input (`stdin`) or the terminal (`tty`) until the
/// end, or asks every few milliseconds whether standard input has some (`poll`). Says `eof` then.
pub(crate) fn await_input(source: &str) -> io::Result<()> {
    say("partial\n")?;
    match source {
        "stdin" => io::copy(&mut io::stdin(), &mut io::sink()).map(drop)?,
        "tty" => io::copy(&mut std::fs::File::open("/dev/tty")?, &mut io::sink()).map(drop)?,
        "poll" => while !crate::kernel::has_input(5) {},
        _ => return Err(io::Error::other("no such input")),
    }
    say("eof\n")
}
