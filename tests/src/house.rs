//! A house in this process: a shard node on a folder of its own, and a gateway on free ports.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use shardbook_domain::rules::Rules;
use shardbook_gateway::{Addresses, Config, Gateway};
use shardbook_runtime::archive::Keep;
use shardbook_runtime::host::HostOptions;
use shardbook_runtime::journal::Store;
use shardbook_shard_node::archive::{ArchiveOptions, archive};
use shardbook_shard_node::verify::{Verdict, verify};
use shardbook_shard_node::{AdmissionOptions, ShardNode, ShardNodeOptions, show_price};
use tempfile::TempDir;
use tonic::transport::{Channel, Endpoint};

use crate::{Feed, Player, Publisher, Trader, Way, soon};

/// A house that serves. Its data are removed with it.
pub struct House {
    folder: TempDir,
    config: Config,
    rules: Rules,
    admission: AdmissionOptions,
    node: ShardNode,
    gateway: Gateway,
    /// Whether old frames leave while it serves.
    archives: bool,
}

/// Bytes of a segment of a test: a few frames.
const SEGMENT_BYTES: u64 = 2_000;
/// Between two rounds of a house that archives, and of its upkeep: there is always a next one soon.
const ROUND: Duration = Duration::from_millis(100);

impl House {
    /// Opens one with the defaults.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn open() -> Self {
        Self::with(|_| ()).await
    }

    /// Opens one whose edge is configured otherwise.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::set_up(|config, _| change(config)).await
    }

    /// Opens one whose brand has other rules.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn by(change: impl FnOnce(&mut Rules)) -> Self {
        Self::set_up(|_, rules| change(rules)).await
    }

    /// Opens one that lets other amounts of work in.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn admitting(change: impl FnOnce(&mut AdmissionOptions)) -> Self {
        let mut admission = AdmissionOptions::default();
        change(&mut admission);
        Self::open_with(|_, _| (), admission).await
    }

    /// Opens one with another edge and other rules.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn set_up(change: impl FnOnce(&mut Config, &mut Rules)) -> Self {
        Self::open_with(change, AdmissionOptions::default()).await
    }

    async fn open_with(change: impl FnOnce(&mut Config, &mut Rules), admission: AdmissionOptions) -> Self {
        Self::start(false, change, admission).await
    }

    /// Opens one from which every frame leaves for the archive, while it serves, as soon as nothing needs it.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn archiving() -> Self {
        Self::start(true, |_, _| (), AdmissionOptions::default()).await
    }

    async fn start(archives: bool, change: impl FnOnce(&mut Config, &mut Rules), admission: AdmissionOptions) -> Self {
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut config = Config {
            ws: anywhere,
            grpc: anywhere,
            http: anywhere,
            // The pace of a person is not what these tests are about.
            commands_per_second: 1_000_000,
            command_burst: 1_000_000,
            ..Config::default()
        };
        let mut rules = Rules::default();
        change(&mut config, &mut rules);
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self::on(folder, config, rules, admission, archives).await
    }

    /// Starts everything on what is in the folder.
    async fn on(folder: TempDir, config: Config, rules: Rules, admission: AdmissionOptions, archives: bool) -> Self {
        let (node, gateway) = start(&folder, &config, &rules, &admission, archives).await;
        Self {
            folder,
            config,
            rules,
            admission,
            node,
            gateway,
            archives,
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.gateway.addresses()
    }

    /// A gRPC connection to it.
    ///
    /// # Panics
    /// When it cannot be had.
    pub async fn channel(&self) -> Channel {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.addresses().grpc)).expect("an address");
        soon(endpoint.connect()).await.expect("connects")
    }

    /// A feed of one sporting event, which it tells of first.
    pub async fn feed(&self, event: &str) -> Feed {
        Feed::open(self.channel().await, event).await
    }

    /// A feed stream for messages of any source.
    pub async fn publisher(&self) -> Publisher {
        Publisher::open(self.channel().await).await
    }

    /// A trader at a desk of this house.
    pub async fn trader(&self, name: &str) -> Trader {
        Trader::at(self.channel().await, name)
    }

    /// A player of brand `acme` with an open session in EUR and this much in the wallet; `0.00` deposits nothing.
    pub async fn player(&self, name: &str, funds: &str) -> Player {
        self.player_by(Way::WebSocket, name, funds).await
    }

    /// The same, by the way given.
    pub async fn player_by(&self, way: Way, name: &str, funds: &str) -> Player {
        let mut player = Player::connect(self, way).await;
        player.open_session(name, "EUR").await;
        if funds != "0.00" {
            player.deposit(funds).await;
        }
        player
    }

    /// Stops everything in order and starts it again on the same data, on other ports.
    ///
    /// # Panics
    /// When it does not stop or start.
    pub async fn restart(self) -> Self {
        self.restart_by(|_| ()).await
    }

    /// The same under changed rules, whose version must be raised.
    ///
    /// # Panics
    /// When it does not stop or start.
    pub async fn restart_by(self, change: impl FnOnce(&mut Rules)) -> Self {
        let Self {
            folder,
            config,
            mut rules,
            admission,
            node,
            gateway,
            archives,
        } = self;
        stop(node, gateway).await;
        change(&mut rules);
        Self::on(folder, config, rules, admission, archives).await
    }

    /// Stops everything in order, lets every frame leave for the archive that nothing needs, and starts again on what is left,
    /// without the archive. The proof before and after is the same.
    ///
    /// # Panics
    /// When it does not stop or start, nothing left, or anything is not as it must be.
    pub async fn archived(self) -> Self {
        let Self {
            folder,
            config,
            rules,
            admission,
            node,
            gateway,
            archives,
        } = self;
        stop(node, gateway).await;
        let before = proven(&folder);
        archive(
            &data(&folder),
            &archive_of(&folder),
            Keep::Bytes(0),
            SEGMENT_BYTES,
            |_| (),
        )
        .expect("frames leave");
        let after = proven(&folder);
        assert!(after.frames_archived > before.frames_archived, "{after:?}");
        let frames_archived = before.frames_archived;
        assert_eq!(
            before,
            Verdict {
                frames_archived,
                ..after
            }
        );
        Self::on(folder, config, rules, admission, archives).await
    }

    /// Segments in its archive.
    #[must_use]
    pub fn segments(&self) -> usize {
        let files = std::fs::read_dir(archive_of(&self.folder)).into_iter().flatten();
        let is_segment = |path: PathBuf| path.extension().is_some_and(|end| end == "segment");
        files.flatten().filter(|file| is_segment(file.path())).count()
    }

    /// Bets to which a result could not be applied: each would be a bug.
    #[must_use]
    pub fn refused_results(&self) -> u64 {
        self.node.settlement().refused()
    }

    /// Stops it and proves its books.
    ///
    /// # Panics
    /// When anything is not as it must be.
    pub async fn prove(self) -> Verdict {
        assert_eq!(self.refused_results(), 0, "results that could not be applied");
        let Self {
            folder, node, gateway, ..
        } = self;
        stop(node, gateway).await;
        proven(&folder)
    }
}

fn data(folder: &TempDir) -> PathBuf {
    folder.path().join("data")
}

fn archive_of(folder: &TempDir) -> PathBuf {
    folder.path().join("archive")
}

/// Proves the books, with the archive where there is one.
fn proven(folder: &TempDir) -> Verdict {
    let archive = Some(archive_of(folder)).filter(|folder| folder.exists());
    let store = Store::open_to_read_with(&data(folder), archive.as_deref()).expect("opens to read");
    let verdict = verify(&store, |_, _| ()).expect("can be read");
    assert_eq!(verdict.first, [], "{verdict:?}");
    verdict
}

async fn start(
    folder: &TempDir,
    config: &Config,
    rules: &Rules,
    admission: &AdmissionOptions,
    archives: bool,
) -> (ShardNode, Gateway) {
    let mut options = ShardNodeOptions {
        admission: admission.clone(),
        rules: rules.clone(),
        ..ShardNodeOptions::on(data(folder))
    };
    if archives {
        options.archive = Some(ArchiveOptions {
            folder: archive_of(folder),
            older_than: Duration::ZERO,
            first_after: ROUND,
            every: ROUND,
            segment_bytes: SEGMENT_BYTES,
        });
        // Snapshots at each round, so that frames are soon needed by nothing.
        options.host = HostOptions {
            checkpoint: ROUND,
            replay_bytes_max: 0,
            ..options.host
        };
    }
    let on_fault = Arc::new(|fault| panic!("the node stopped: {fault}"));
    let node = ShardNode::start(options, on_fault, |_, _| ())
        .await
        .expect("the node starts");
    let gateway = Gateway::start_with_formats(config.clone(), node.router(), node.topic(), show_price);
    let gateway = gateway.expect("the gateway starts");
    (node, gateway)
}

async fn stop(node: ShardNode, gateway: Gateway) {
    soon(gateway.stop()).await;
    soon(node.stop()).await.expect("the node stops");
}
