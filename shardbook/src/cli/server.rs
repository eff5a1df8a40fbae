use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use shardbook_runtime::archive::SEGMENT_BYTES;

use super::values;

/// Arguments of `shardbook run`.
///
/// Serves until SIGTERM or Ctrl-C, then lets commands under way finish, writes its snapshots and leaves.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "Examples:
  shardbook run
  shardbook run --data ./data --http 127.0.0.1:8080
  shardbook run --config house.toml --log info,shardbook_gateway=debug")]
pub struct RunArgs {
    /// Folder of the journal and all views of it; made if absent.
    #[arg(long, value_name = "DIR", default_value = "./data")]
    pub data: PathBuf,
    /// TOML file of settings; what is given on the command line wins over it.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Address of the player WebSocket; port 0 takes a free one. [default: 127.0.0.1:7700]
    #[arg(long, value_name = "ADDRESS")]
    pub ws: Option<SocketAddr>,
    /// Address of gRPC for partners and feeds; port 0 takes a free one. [default: 127.0.0.1:7701]
    #[arg(long, value_name = "ADDRESS")]
    pub grpc: Option<SocketAddr>,
    /// Address of the live page, /stats and /healthz; port 0 takes a free one. [default: 127.0.0.1:7702]
    #[arg(long, value_name = "ADDRESS")]
    pub http: Option<SocketAddr>,
    /// Shards, 1 to 256; fixed when the data folder is made, so a later run must leave it out or agree.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub shards: Option<u16>,
    /// What to log: a level, or levels by module.
    #[arg(long, value_name = "FILTER", default_value = "info")]
    pub log: String,
}

/// Arguments of `shardbook verify`.
///
/// Reads a stopped node's data folder, or a checkpoint that a live node wrote, and recomputes everything from the
/// journal. Exit code 0: no discrepancy; 1: at least one, each printed, or the folder cannot be proven as it was given: where
/// old frames are in the archive, everything rests on these too, and --archive is needed.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "Examples:
  shardbook verify
  shardbook verify --data ./data --json verdict.json
  shardbook verify --data ./data --archive /mnt/archive")]
pub struct VerifyArgs {
    /// The data folder, or a checkpoint of one.
    #[arg(long, value_name = "DIR", default_value = "./data")]
    pub data: PathBuf,
    /// The folder of the frames that have left the data folder (`shardbook archive`).
    #[arg(long, value_name = "FOLDER")]
    pub archive: Option<PathBuf>,
    /// Also write the verdict as JSON; its key `discrepancies` counts them.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Arguments of `shardbook inspect`.
#[derive(Clone, Debug, Args)]
#[command(
    arg_required_else_help = true,
    after_long_help = "Examples:
  shardbook inspect player demo/demo-17
  shardbook inspect --data ./data event bf:event:29788105
  shardbook inspect journal --shard 2 --from 1000 --limit 20
  shardbook inspect --archive /mnt/archive player demo/demo-17"
)]
pub struct InspectArgs {
    /// The data folder, or a checkpoint of one.
    #[arg(long, value_name = "DIR", default_value = "./data", global = true)]
    pub data: PathBuf,
    /// The folder of the frames that have left the data folder (`shardbook archive`).
    #[arg(long, value_name = "FOLDER", global = true)]
    pub archive: Option<PathBuf>,
    /// Print JSON, one object a line, instead of text.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to show.
    #[command(subcommand)]
    pub what: InspectWhat,
}

/// What `shardbook inspect` can show.
#[derive(Clone, Debug, Subcommand)]
pub enum InspectWhat {
    /// A player's wallet, limits, open bets and history.
    Player {
        /// Brand and the brand's name of the player, as BRAND/PLAYER.
        #[arg(value_name = "BRAND/PLAYER")]
        player: String,
    },
    /// An event's fixture, markets, lines and results.
    Event {
        /// The event's id, such as bf:event:29788105.
        #[arg(value_name = "EVENT")]
        event: String,
    },
    /// Frames of the journal and the entries in them.
    Journal {
        /// Only this shard.
        #[arg(long, value_name = "N")]
        shard: Option<u16>,
        /// First frame, by its sequence number.
        #[arg(long, value_name = "SEQUENCE", default_value_t = 1)]
        from: u64,
        /// Most frames to print.
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: u64,
    },
}

/// Arguments of `shardbook archive`.
///
/// Moves old frames of a stopped node's data folder into segment files of another folder: each is written, synced and read
/// back before its frames are deleted. Frames that anything still needs stay. It can be stopped at any moment and run again.
/// A folder on another disk, a network mount or one that is synced to an object store will do.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "Examples:
  shardbook archive --to /mnt/archive
  shardbook archive --data ./data --to /mnt/archive --older-than 90d
  shardbook archive --data ./data --to /mnt/archive --keep-bytes 10000000000 --json archived.json")]
pub struct ArchiveArgs {
    /// The data folder of a node that does not run.
    #[arg(long, value_name = "DIR", default_value = "./data")]
    pub data: PathBuf,
    /// The folder of the segments; made if absent, and always the same for one data folder.
    #[arg(long, value_name = "FOLDER")]
    pub to: PathBuf,
    /// Frames of which everything is so old leave, in hours or days.
    #[arg(long, value_name = "AGE", default_value = "30d", value_parser = values::parse_age)]
    pub older_than: Duration,
    /// Instead, the newest frames stay, so many bytes over all shards.
    #[arg(long, value_name = "N", conflicts_with = "older_than")]
    pub keep_bytes: Option<u64>,
    /// Bytes of frames in a segment, 65,536 to 1,073,741,824.
    #[arg(long, value_name = "N", default_value_t = 64 << 20, value_parser = clap::value_parser!(u64).range(SEGMENT_BYTES))]
    pub segment_bytes: u64,
    /// Also write what was done as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}
