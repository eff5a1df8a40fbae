//! Standard output of tools that print at length.

use std::error::Error;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use crate::Finished;

/// Lets a tool print. Whoever reads may go at any time, as `head` does: that is no failure.
///
/// # Errors
/// What the tool fails with, or the fault of the output.
pub(crate) fn print(write: impl FnOnce(&mut dyn Write) -> Finished) -> Finished {
    let mut out = BufWriter::new(io::stdout().lock());
    let printed = write(&mut out).and_then(|code| {
        out.flush()?;
        Ok(code)
    });
    match printed {
        Err(failure) if is_closed(&*failure) => Ok(ExitCode::SUCCESS),
        printed => printed,
    }
}

/// Whether the reader of the output has gone.
pub(crate) fn is_closed(failure: &(dyn Error + Send + Sync + 'static)) -> bool {
    let fault = failure.downcast_ref::<io::Error>();
    fault.is_some_and(|fault| fault.kind() == io::ErrorKind::BrokenPipe)
}
