//! The file of accepted bets, which outlives server and players.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use shardbook_proto::client::v1::{Bet, PlaceBet, PlaceSlip};

use crate::Failure;

/// One accepted bet, as its player was answered. What the server must still hold after any crash.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    /// Brand of the player.
    pub brand: String,
    /// The brand's name of the player.
    pub player: String,
    /// The command id.
    pub id: String,
    /// What was sent, so that it can be sent again; nothing where it was a slip.
    pub asked: PlaceBet,
    /// The slip that was sent; the bet is one of those on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slip: Option<PlaceSlip>,
    /// The slip as which it waited before it was accepted; empty where it was accepted at once.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub waited: String,
    /// What was answered.
    pub bet: Bet,
}

/// An append-only file of accepted bets, one JSON object a line, each handed to the system before the player goes on.
#[derive(Debug)]
pub struct AnswerLog {
    file: Mutex<File>,
    path: PathBuf,
}

impl AnswerLog {
    /// Opens the file, at its end where it exists.
    ///
    /// # Errors
    /// Where it cannot be opened for writing; the text names it.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map_err(|error| format!("answers cannot be written to {}: {error}", path.display()))?;
        Ok(Self {
            file: Mutex::new(file),
            path: path.to_path_buf(),
        })
    }

    /// Appends one accepted bet.
    ///
    /// # Errors
    /// Where the file takes no more; the text names it.
    pub fn append(&self, answered: &Answered) -> Result<(), String> {
        let fault = |error: &dyn std::fmt::Display| format!("answers to {}: {error}", self.path.display());
        let mut line = serde_json::to_vec(answered).map_err(|error| fault(&error))?;
        line.push(b'\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&line).map_err(|error| fault(&error))
    }
}

/// Reads a file of accepted bets.
///
/// # Errors
/// Where it cannot be read or a line is damaged; the text names file and line.
pub fn read(path: &Path) -> Result<Vec<Answered>, Failure> {
    let file = File::open(path).map_err(|error| format!("answers {}: {error}", path.display()))?;
    let mut answers = Vec::new();
    for (index, line) in BufReader::new(file).lines().enumerate() {
        let answered = serde_json::from_str(&line?)
            .map_err(|error| format!("answers {}, line {}: {error}", path.display(), index + 1))?;
        answers.push(answered);
    }
    Ok(answers)
}

#[cfg(test)]
mod tests;
