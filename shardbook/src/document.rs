//! Documents of bets, from files and from standard input.

use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use shardbook_calculator::{CalculatorError, MAX_BYTES};

use crate::Failure;

const UNREADABLE: &str = "DOCUMENT_UNREADABLE";
/// The name of standard input.
pub(crate) const STDIN: &str = "-";

/// The documents that were named, or else standard input.
///
/// # Errors
/// When none is named and standard input is a terminal, where nobody knows that something is waited for.
pub(crate) fn named(files: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    if files.is_empty() && std::io::stdin().is_terminal() {
        return Err(
            "no document is named: give a file, or - to write it here; `shardbook settle --schema` \
                    says what it holds"
                .into(),
        );
    }
    Ok(match files {
        [] => vec![STDIN.into()],
        files => files.to_vec(),
    })
}

/// Reads a document. Of one that is too long no more than one byte beyond the bound is read: the calculator refuses it.
///
/// # Errors
/// When it cannot be opened or read.
pub(crate) fn read(file: &Path, input: &mut dyn Read) -> Result<Vec<u8>, CalculatorError> {
    let read = |from: &mut dyn Read| {
        let mut document = Vec::new();
        from.take(MAX_BYTES as u64 + 1).read_to_end(&mut document)?;
        Ok(document)
    };
    let document = match file.as_os_str() == STDIN {
        true => read(input),
        false => File::open(file).and_then(|mut file| read(&mut file)),
    };
    document.map_err(|error: std::io::Error| CalculatorError {
        place: "document".into(),
        code: UNREADABLE,
        problem: format!("it cannot be read ({error}): give a file that is there, or - for standard input"),
    })
}

/// A refusal as text: where, what is wrong, what to do, and the code to look it up by.
pub(crate) fn refusal(place: &str, error: &CalculatorError) -> String {
    format!("{place}: {} ({})", error.problem, error.code)
}

/// The same as JSON.
pub(crate) fn refusal_json(error: &CalculatorError) -> Value {
    json!({ "place": error.place, "code": error.code, "problem": error.problem })
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// Protects memory from input without an end: no more is taken than shows that it is too long.
    #[test]
    fn reading_ends_behind_the_bound() {
        let mut endless = io::repeat(b' ');
        let read = read(Path::new(STDIN), &mut endless).expect("bytes");
        assert_eq!(read.len(), MAX_BYTES + 1);
        let refused = shardbook_calculator::settle(&read)
            .map(|_| ())
            .map_err(|error| error.code);
        assert_eq!(refused, Err("DOCUMENT_TOO_LONG"));
    }

    /// Protects whoever mistypes a name, or names a folder.
    #[test]
    fn what_cannot_be_read_is_named() {
        for path in [Path::new("/nowhere/bets.json"), Path::new("/")] {
            let error = read(path, &mut io::empty()).expect_err("no document");
            assert_eq!(
                (error.place.as_str(), error.code),
                ("document", "DOCUMENT_UNREADABLE"),
                "{error}"
            );
            let (problem, advice) = error.problem.rsplit_once(": ").expect("problem and advice");
            let (problem, _) = problem.split_once(" (").expect("a reason");
            let row = format!("| `{UNREADABLE}` | {problem} (…) | {advice} |");
            assert!(
                include_str!("../../docs/errors.md").contains(&row),
                "docs/errors.md lacks {row}"
            );
        }
    }
}
