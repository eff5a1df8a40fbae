//! The configuration of a house: one file, every key with a default that is right for one machine.

use std::path::{Path, PathBuf};
use std::time::Duration;

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use serde::{Deserialize, Serialize};
use shardbook_domain::rules::Rules;
use shardbook_gateway::Config as GatewayConfig;
use shardbook_runtime::archive::SEGMENT_BYTES;
use shardbook_runtime::host::HostOptions;
use shardbook_runtime::journal::StoreOptions;
use shardbook_runtime::turnstile::Room;
use shardbook_shard_node::archive::ArchiveOptions;
use shardbook_shard_node::{AdmissionOptions, ShardNodeOptions};

use crate::Failure;

/// Everything that an operator may set. `config/shardbook.toml` holds every key with unit, bound and reason.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct House {
    /// The edge.
    pub gateway: GatewayConfig,
    /// Store, journal and actors.
    pub node: NodeConfig,
    /// The brand's rules.
    pub rules: Rules,
    /// Where old frames of the journal go.
    pub archive: ArchiveConfig,
}

/// Keys of the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ArchiveConfig {
    /// Folder of the segments; empty keeps all frames in the data folder.
    pub folder: PathBuf,
    /// Hours, 1 to 876,000: frames of which everything is so old leave the data folder.
    pub older_than_h: u64,
    /// Seconds, 1 to 3,600: after a start until the first run.
    pub first_after_s: u64,
    /// Hours, 1 to 8,760: between two runs.
    pub every_h: u64,
    /// Bytes, 64 KiB to 1 GiB: of frames in a segment.
    pub segment_bytes: u64,
}

impl Default for ArchiveConfig {
    fn default() -> Self {
        Self {
            folder: PathBuf::new(),
            older_than_h: 720,
            first_after_s: 60,
            every_h: 24,
            segment_bytes: 64 << 20,
        }
    }
}

impl ArchiveConfig {
    fn check(&self) -> Result<(), Failure> {
        let (smallest, largest) = SEGMENT_BYTES.into_inner();
        within(
            "archive",
            &[
                ("older_than_h", self.older_than_h, 1, 876_000),
                ("first_after_s", self.first_after_s, 1, 3_600),
                ("every_h", self.every_h, 1, 8_760),
                ("segment_bytes", self.segment_bytes, smallest, largest),
            ],
        )
    }

    /// `None` where nothing is archived.
    fn options(&self) -> Option<ArchiveOptions> {
        const HOUR_S: u64 = 3_600;
        (!self.folder.as_os_str().is_empty()).then(|| ArchiveOptions {
            folder: self.folder.clone(),
            older_than: Duration::from_secs(self.older_than_h * HOUR_S),
            first_after: Duration::from_secs(self.first_after_s),
            every: Duration::from_secs(self.every_h * HOUR_S),
            segment_bytes: self.segment_bytes,
        })
    }
}

/// Every value within its bounds, or the first that is not is named.
fn within(section: &str, bounds: &[(&str, u64, u64, u64)]) -> Result<(), Failure> {
    match bounds
        .iter()
        .find(|(_, value, low, high)| !(low..=high).contains(&value))
    {
        None => Ok(()),
        Some((key, value, low, high)) => {
            Err(format!("configuration: {section}.{key} is {value}; it must be {low} to {high}").into())
        }
    }
}

/// Keys of a shard node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NodeConfig {
    /// Shards, 1 to 256. Fixed when the data folder is made: each has a journal of its own.
    pub shards: u16,
    /// Entities of a kind, 1,000 to 100,000,000: in memory at once; the longest idle leave first.
    pub residents_max: usize,
    /// Seconds, 1 to 86,400: an entity without a command for so long leaves memory.
    pub idle_s: u64,
    /// Commands, 1 to 1,000,000: waiting for one entity before more are refused as OVERLOADED.
    pub mailbox_max: u32,
    /// Events, 1 to 100,000: of an entity between two snapshots; bounds what an activation replays.
    pub snapshot_events: u32,
    /// Outcomes, 1 to 10,000: that an entity holds in memory for retries; older ones are read from disk.
    pub outcomes_held: usize,
    /// Milliseconds, 100 to 600,000: between two rounds of upkeep.
    pub checkpoint_ms: u64,
    /// Bytes, 0 or more: of journal that a restart reads at the most for those of whose entries no list tells, beside what came
    /// since the last round of upkeep.
    pub replay_bytes_max: u64,
    /// Entries, 64 to 10,000,000: that may wait for the journal before senders wait.
    pub queue: usize,
    /// Updates, 64 to 10,000,000: that a gateway may be behind before it takes a fresh image.
    pub public_queue: usize,
    /// Bytes, 8 MiB or more: cache for reads of the store.
    pub cache_bytes: usize,
    /// Bytes, 1 MiB or more: of the journal's memtable. A larger one costs more per insert than the sync.
    pub journal_memtable_bytes: usize,
    /// Bytes, 16 MiB or more: of write-ahead log before tables are flushed; bounds what opening the store reads.
    pub log_bytes_max: u64,
    /// Bytes, 8 MiB or more: of rows of views in memory; what a crash takes of them is read again from the journal.
    pub views_memtable_bytes: usize,
    /// Bytes, 1 MiB or more: of outcomes and of bets' histories that are gathered in memory before they are written as rows;
    /// what a crash takes of them is read again from the journal.
    pub lists_bytes_max: usize,
    /// Units, 1 to 1,000,000 and not above `units_most`: that bets may always have under way; a unit is about a single.
    pub units_least: u32,
    /// Units, 1 to 1,000,000: that bets may have under way at the most.
    pub units_most: u32,
    /// Milliseconds, 1 to 60,000: that what is under way should take at the most; where it takes longer, less is let in.
    pub units_target_ms: u64,
    /// Units, 1 to 1,000,000: kept for deposits, withdrawals, sales of bets, limits and exclusions.
    pub wallet_units: u32,
    /// Units, 1 to 1,000,000: kept for questions.
    pub read_units: u32,
    /// Bets a second, 1 to 1,000,000: that are settled at the least, however many others are placed.
    pub settlement_least_per_s: u32,
}

impl Default for NodeConfig {
    fn default() -> Self {
        let (host, store) = (HostOptions::default(), StoreOptions::default());
        let admission = AdmissionOptions::default();
        Self {
            shards: 4,
            residents_max: host.residents_max,
            idle_s: host.idle.as_secs(),
            mailbox_max: host.mailbox_max,
            snapshot_events: host.snapshot_events,
            outcomes_held: host.outcomes_held,
            checkpoint_ms: host.checkpoint.as_millis() as u64,
            replay_bytes_max: host.replay_bytes_max,
            queue: 65_536,
            public_queue: 65_536,
            cache_bytes: store.cache_bytes,
            journal_memtable_bytes: store.journal_memtable_bytes,
            log_bytes_max: store.log_bytes_max,
            views_memtable_bytes: store.views_memtable_bytes,
            lists_bytes_max: store.lists_bytes_max,
            units_least: admission.common.least,
            units_most: admission.common.most,
            units_target_ms: admission.common.target.as_millis() as u64,
            wallet_units: admission.wallet_units,
            read_units: admission.read_units,
            settlement_least_per_s: admission.settlement_least_per_s,
        }
    }
}

impl House {
    /// Reads the file, if one is given, over the defaults, and the environment (`SHARDBOOK_NODE__SHARDS=8`)
    /// over both.
    ///
    /// # Errors
    /// When the file cannot be read, or a key is unknown or out of its bounds; the text names it.
    pub fn read(file: Option<&Path>) -> Result<Self, Failure> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = file {
            if !file.is_file() {
                return Err(format!("there is no configuration file at {}", file.display()).into());
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        let environment = Env::prefixed("SHARDBOOK_").ignore(&["data"]).split("__");
        let house: Self = figment
            .merge(environment)
            .extract()
            .map_err(|error| format!("configuration: {error}"))?;
        house.node.check()?;
        house.archive.check()?;
        house
            .rules
            .validate()
            .map_err(|error| format!("configuration: rules: {error}"))?;
        house
            .gateway
            .check()
            .map_err(|error| format!("configuration: gateway: {error}"))?;
        Ok(house)
    }

    /// What a shard node is started with, on a data folder.
    #[must_use]
    pub fn node_options(&self, data: &Path) -> ShardNodeOptions {
        let node = &self.node;
        ShardNodeOptions {
            data: data.to_owned(),
            shards: node.shards,
            store: StoreOptions {
                cache_bytes: node.cache_bytes,
                journal_memtable_bytes: node.journal_memtable_bytes,
                log_bytes_max: node.log_bytes_max,
                views_memtable_bytes: node.views_memtable_bytes,
                lists_bytes_max: node.lists_bytes_max,
                ..StoreOptions::default()
            },
            host: HostOptions {
                residents_max: node.residents_max,
                idle: Duration::from_secs(node.idle_s),
                mailbox_max: node.mailbox_max,
                snapshot_events: node.snapshot_events,
                outcomes_held: node.outcomes_held,
                checkpoint: Duration::from_millis(node.checkpoint_ms),
                replay_bytes_max: node.replay_bytes_max,
            },
            queue: node.queue,
            public_queue: node.public_queue,
            admission: AdmissionOptions {
                common: Room {
                    least: node.units_least,
                    most: node.units_most,
                    target: Duration::from_millis(node.units_target_ms),
                },
                wallet_units: node.wallet_units,
                read_units: node.read_units,
                settlement_least_per_s: node.settlement_least_per_s,
            },
            rules: self.rules.clone(),
            archive: self.archive.options(),
        }
    }
}

impl NodeConfig {
    fn check(&self) -> Result<(), Failure> {
        let bounds: [(&str, u64, u64, u64); 21] = [
            ("shards", self.shards.into(), 1, 256),
            ("residents_max", self.residents_max as u64, 1_000, 100_000_000),
            ("idle_s", self.idle_s, 1, 86_400),
            ("mailbox_max", self.mailbox_max.into(), 1, 1_000_000),
            ("snapshot_events", self.snapshot_events.into(), 1, 100_000),
            ("outcomes_held", self.outcomes_held as u64, 1, 10_000),
            ("checkpoint_ms", self.checkpoint_ms, 100, 600_000),
            ("replay_bytes_max", self.replay_bytes_max, 0, 1 << 36),
            ("queue", self.queue as u64, 64, 10_000_000),
            ("public_queue", self.public_queue as u64, 64, 10_000_000),
            ("cache_bytes", self.cache_bytes as u64, 8 << 20, 1 << 40),
            (
                "journal_memtable_bytes",
                self.journal_memtable_bytes as u64,
                1 << 20,
                1 << 32,
            ),
            ("log_bytes_max", self.log_bytes_max, 16 << 20, 1 << 36),
            (
                "views_memtable_bytes",
                self.views_memtable_bytes as u64,
                8 << 20,
                1 << 36,
            ),
            ("lists_bytes_max", self.lists_bytes_max as u64, 1 << 20, 1 << 36),
            ("units_least", self.units_least.into(), 1, self.units_most.into()),
            ("units_most", self.units_most.into(), 1, 1_000_000),
            ("units_target_ms", self.units_target_ms, 1, 60_000),
            ("wallet_units", self.wallet_units.into(), 1, 1_000_000),
            ("read_units", self.read_units.into(), 1, 1_000_000),
            (
                "settlement_least_per_s",
                self.settlement_least_per_s.into(),
                1,
                1_000_000,
            ),
        ];
        within("node", &bounds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn shipped() -> PathBuf {
        PathBuf::from("../config/shardbook.toml")
    }

    fn read(text: &str) -> Result<House, String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("house.toml");
        fs::write(&file, text).expect("the folder is writable");
        House::read(Some(&file)).map_err(|failure| failure.to_string())
    }

    /// Protects an operator who reads the shipped file as the list of all keys and their defaults.
    #[test]
    fn the_shipped_file_holds_every_key_with_its_default() {
        let house = House::read(Some(&shipped())).expect("the shipped file is valid");
        assert_eq!(house, House::default());
        let text = fs::read_to_string(shipped()).expect("the shipped file is there");
        let written: toml::Table = text.parse().expect("TOML");
        let defaults = toml::Table::try_from(House::default()).expect("defaults are TOML");
        for (section, keys) in &defaults {
            for key in keys.as_table().into_iter().flat_map(toml::Table::keys) {
                let known = written[section].get(key).is_some() || key == "amounts";
                assert!(known, "{section}.{key} is not in config/shardbook.toml");
            }
        }
    }

    /// Protects the example of amounts: with its comment signs taken off it must be a configuration.
    #[test]
    fn the_example_of_amounts_is_valid() {
        let text = fs::read_to_string(shipped()).expect("the shipped file is there");
        let example = text
            .split_once("# [rules.amounts.EUR]")
            .expect("the example is there")
            .1;
        let example = format!("[rules.amounts.EUR]{}", example.replace("# ", ""));
        let house = read(&example).expect("the example is valid");
        assert_eq!(house.rules.amounts.len(), 1);
    }

    /// Protects the past from going where nobody looks: nothing is archived unless a folder is given, and what is given counts.
    #[test]
    fn an_archive_is_where_the_operator_says() {
        let archive = |text: &str| read(text).expect("valid").node_options(Path::new("data")).archive;
        assert_eq!(archive(""), None);
        assert_eq!(archive("[archive]\nolder_than_h = 2\n"), None);
        let given = archive(
            "[archive]\nfolder = \"/mnt/a\"\nolder_than_h = 2\nfirst_after_s = 5\nevery_h = 3\nsegment_bytes = 70000\n",
        );
        let expected = ArchiveOptions {
            folder: PathBuf::from("/mnt/a"),
            older_than: Duration::from_secs(7_200),
            first_after: Duration::from_secs(5),
            every: Duration::from_secs(10_800),
            segment_bytes: 70_000,
        };
        assert_eq!(given, Some(expected));
    }

    /// Protects against a misspelt or senseless key that would leave another value in force than was meant.
    #[test]
    fn wrong_keys_are_refused_by_name() {
        for (text, name) in [
            ("[node]\nshard = 3\n", "node.shard"),
            ("[nodes]\nshards = 3\n", "nodes"),
            ("[gateway]\nhartbeat_ms = 1000\n", "gateway.hartbeat_ms"),
            ("[rules]\nmax_leg = 3\n", "rules.max_leg"),
            ("[rules.amounts.EUR]\nmin_stake = 10\n", "max_stake"),
            ("[node]\nshards = 0\n", "node.shards"),
            ("[node]\nshards = 257\n", "node.shards"),
            ("[node]\nidle_s = 86401\n", "node.idle_s"),
            ("[node]\nlog_bytes_max = 1000\n", "node.log_bytes_max"),
            ("[node]\nunits_least = 2000\nunits_most = 1000\n", "node.units_least"),
            ("[node]\nwallet_units = 0\n", "node.wallet_units"),
            ("[node]\nsettlement_least_per_s = 0\n", "node.settlement_least_per_s"),
            ("[rules]\nmax_legs = 64\n", "max_legs"),
            ("[archive]\nolder_than_h = 0\n", "archive.older_than_h"),
            ("[archive]\nfirst_after_s = 0\n", "archive.first_after_s"),
            ("[archive]\nevery_h = 8761\n", "archive.every_h"),
            ("[archive]\nsegment_bytes = 65535\n", "archive.segment_bytes"),
            ("[archive]\nolder_than = \"30d\"\n", "archive.older_than"),
            ("[rules]\nlimit_raise_hours = 23\n", "limit_raise_hours"),
        ] {
            let refusal = read(text).expect_err(text);
            assert!(refusal.contains(name), "{text}: {refusal}");
        }
        let missing = House::read(Some(Path::new("no/such/house.toml"))).expect_err("there is no such file");
        assert!(missing.to_string().contains("no/such/house.toml"), "{missing}");
    }
}
