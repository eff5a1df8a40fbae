//! `shardbook settle`: bets settled by hand, with the working.

#[cfg(test)]
mod tests;

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Value, json};
use shardbook_calculator::{Settled, SettledBet, schema, settle};

use crate::cli::SettleArgs;
use crate::document::{self, STDIN};
use crate::{Failure, Finished, stdout};

/// Settles the documents, or prints their schema. Exit code 1 when a document is refused; the others are settled all the
/// same.
///
/// # Errors
/// When no document is named or none has the bet that is asked for, or the output cannot be written.
pub async fn run(args: SettleArgs) -> Finished {
    tokio::task::spawn_blocking(move || {
        stdout::print(|out| {
            if args.schema {
                write!(out, "{}", schema())?;
                return Ok(ExitCode::SUCCESS);
            }
            let files = document::named(&args.files)?;
            let refusals = settle_all(&args, &files, &mut std::io::stdin().lock(), out)?;
            out.flush()?;
            for refusal in &refusals {
                eprintln!("error: {refusal}");
            }
            Ok(match refusals.is_empty() {
                true => ExitCode::SUCCESS,
                false => ExitCode::FAILURE,
            })
        })
    })
    .await?
}

/// Settles one document after the other and gives the refusals of those that are wrong.
fn settle_all(
    args: &SettleArgs,
    files: &[PathBuf],
    input: &mut dyn Read,
    out: &mut dyn Write,
) -> Result<Vec<String>, Failure> {
    let (mut refusals, mut printed) = (Vec::new(), false);
    for file in files {
        let settled = document::read(file, input).and_then(|document| settle(&document));
        if let Err(error) = &settled {
            let place = match file.as_os_str() == STDIN {
                true => error.place.clone(),
                false => format!("{}: {}", file.display(), error.place),
            };
            refusals.push(document::refusal(&place, error));
        }
        let bets = settled.as_ref().map(|settled| shown(args, settled));
        let name = file.display().to_string();
        match (bets, args.json) {
            (Ok(bets), true) => {
                printed |= !bets.is_empty();
                write_json(&name, &bets, out)?;
            }
            (Err(error), true) => {
                let refused = json!({ "file": name, "error": document::refusal_json(error) });
                writeln!(out, "{refused}")?;
            }
            (Ok(bets), false) if bets.is_empty() => {}
            (Ok(bets), false) => {
                if files.len() > 1 {
                    writeln!(out, "{}{name}", if printed { "\n" } else { "" })?;
                }
                printed = true;
                write_text(args, &bets, out)?;
            }
            (Err(_), false) => {}
        }
    }
    match &args.bet {
        Some(bet) if !printed && refusals.is_empty() => {
            Err(format!("no bet is called {bet:?}: give its id, or its number in the document from 1").into())
        }
        _ => Ok(refusals),
    }
}

/// The bets to be shown: all, or those with the id that is asked for, or else the one with that number.
fn shown<'a>(args: &SettleArgs, settled: &'a Settled) -> Vec<&'a SettledBet> {
    let Some(wanted) = &args.bet else {
        return settled.bets.iter().collect();
    };
    let called = |bet: &&SettledBet| bet.id.as_ref() == Some(wanted);
    let called: Vec<&SettledBet> = settled.bets.iter().filter(called).collect();
    if !called.is_empty() {
        return called;
    }
    let number: Option<usize> = wanted.parse().ok();
    let numbered = number.and_then(|number| settled.bets.get(number.checked_sub(1)?));
    numbered.into_iter().collect()
}

fn write_text(args: &SettleArgs, bets: &[&SettledBet], out: &mut dyn Write) -> Result<(), Failure> {
    for (at, bet) in bets.iter().enumerate() {
        match args.brief {
            true => writeln!(out, "{}", bet.line())?,
            false => write!(out, "{}{}", if at > 0 { "\n" } else { "" }, bet.text())?,
        }
    }
    Ok(())
}

/// One bet after the other: the JSON of a large document at once would take a gigabyte.
fn write_json(name: &str, bets: &[&SettledBet], out: &mut dyn Write) -> Result<(), Failure> {
    write!(out, "{{\"file\":{},\"bets\":[", Value::from(name))?;
    for (at, bet) in bets.iter().enumerate() {
        write!(out, "{}{}", if at > 0 { "," } else { "" }, bet.json())?;
    }
    Ok(writeln!(out, "]}}")?)
}
