//! Lines in the exchange's words, and messages in the trade's.
use shardbook_betfair::{LineError, Origin, Pricing, Report, Translator};
use shardbook_proto::provider::v1::feed_message::Body;
use shardbook_proto::provider::v1::{
    FeedMarketStatus, FeedMessage, FixtureStatus, MarketUpdate, Outcome, SelectionResult,
};

/// A stream with one market, 1.1 of event 9.
pub struct Stream {
    pub translator: Translator,
    pub pt: i64,
    line: u64,
}

impl Stream {
    pub fn new() -> Self {
        Self {
            translator: Translator::new(Pricing::default()),
            pt: 1_000,
            line: 0,
        }
    }

    pub fn raw(&mut self, text: &str) -> Result<Vec<FeedMessage>, LineError> {
        self.line += 1;
        self.translator.line(
            Origin {
                source: 0,
                name: "test",
                line: self.line,
            },
            text.as_bytes(),
        )
    }

    /// One `mcm` with these market changes; what it made, told briefly.
    pub fn mc(&mut self, changes: &str) -> Vec<String> {
        self.pt += 100;
        let line = format!(r#"{{"op":"mcm","clk":"c","pt":{},"mc":[{changes}]}}"#, self.pt);
        self.raw(&line).unwrap().iter().map(brief).collect()
    }

    /// A definition of market 1.1 with runners as (id, status), and further fields.
    pub fn define(&mut self, status: &str, runners: &[(u64, &str)], more: &str) -> Vec<String> {
        let definition = definition(status, runners, more);
        self.mc(&format!(r#"{{"id":"1.1",{definition}}}"#))
    }

    /// Runner changes of market 1.1.
    pub fn rc(&mut self, changes: &str) -> Vec<String> {
        self.mc(&format!(r#"{{"id":"1.1","rc":[{changes}]}}"#))
    }

    pub fn report(&self) -> &Report {
        self.translator.report()
    }

    pub fn skipped(&self, code: &str) -> u64 {
        self.report().skipped.get(code).copied().unwrap_or_default()
    }

    pub fn noted(&self, code: &str) -> u64 {
        self.report().noted.get(code).copied().unwrap_or_default()
    }
}

pub fn definition(status: &str, runners: &[(u64, &str)], more: &str) -> String {
    let runner = |(id, status): &(u64, &str)| format!(r#"{{"id":{id},"status":"{status}"}}"#);
    let runners = runners.iter().map(runner).collect::<Vec<_>>().join(",");
    format!(
        r#""marketDefinition":{{"eventId":"9","eventTypeId":"7","eventName":"Ham 14th Jun","name":"1m Hcap",
        "marketType":"WIN","marketTime":"2017-06-14T18:55:00.000Z","status":"{status}","numberOfWinners":1,
        "runners":[{runners}]{more}}}"#
    )
    .replace('\n', "")
}

/// A message in one line of the trade's words.
pub fn brief(message: &FeedMessage) -> String {
    match message.body.as_ref().expect("every message has a body") {
        Body::Fixture(f) => format!("fixture {} {} {}", f.sport, f.name, fixture_status(f.status())),
        Body::Market(update) => update_brief(update),
        Body::Result(result) => {
            format!(
                "result {}",
                result.selections.iter().map(result_brief).collect::<Vec<_>>().join(" ")
            )
        }
        Body::Rollback(_) => "rollback".to_owned(),
        Body::Void(void) => format!("void: {}", void.reason),
        other => panic!("an archive tells no {other:?}"),
    }
}

fn fixture_status(status: FixtureStatus) -> &'static str {
    match status {
        FixtureStatus::Unspecified => "?",
        FixtureStatus::Scheduled => "scheduled",
        FixtureStatus::InPlay => "in-play",
        FixtureStatus::Ended => "ended",
    }
}

fn update_brief(update: &MarketUpdate) -> String {
    let mut words = vec!["market".to_owned()];
    if let Some(definition) = &update.definition {
        words.push(format!(
            "defined:{}/{}",
            definition.selections.len(),
            definition.winners
        ));
    }
    match update.status() {
        FeedMarketStatus::Unchanged => {}
        FeedMarketStatus::Open => words.push("open".to_owned()),
        FeedMarketStatus::Suspended => words.push("suspended".to_owned()),
        FeedMarketStatus::Closed => words.push("closed".to_owned()),
    }
    if let Some(in_play) = update.in_play {
        words.push(if in_play { "in-play" } else { "pre-match" }.to_owned());
    }
    if let Some(delay) = update.bet_delay_s {
        words.push(format!("delay:{delay}"));
    }
    for line in &update.lines {
        let price = if line.price.is_empty() { "-" } else { &line.price };
        let removed = if line.removed { "!" } else { "" };
        words.push(format!("{}={price}{removed}", line.selection));
    }
    words.join(" ")
}

fn result_brief(result: &SelectionResult) -> String {
    let outcome = match result.outcome() {
        Outcome::Unspecified => "?",
        Outcome::Won => "won",
        Outcome::Lost => "lost",
        Outcome::Void => "void",
        Outcome::HalfWon => "half-won",
        Outcome::HalfLost => "half-lost",
    };
    let share = match (result.dead_heat_places, result.dead_heat_runners) {
        (0, 0) => String::new(),
        (places, runners) => format!("({places}/{runners})"),
    };
    format!("{}={outcome}{share}", result.selection)
}
