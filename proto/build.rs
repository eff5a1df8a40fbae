//! Compiles the schemas with no protoc: types and services by prost and tonic, proto3 JSON by pbjson.

use std::error::Error;
use std::{env, fs, path::PathBuf};

use prost::Message;

const FILES: [&str; 4] = [
    "client/v1/client.proto",
    "provider/v1/feed.proto",
    "backoffice/v1/trading.proto",
    "internal/v1/shard.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for file in FILES {
        println!("cargo:rerun-if-changed={file}");
    }
    let descriptors = protox::compile(FILES, ["."])?;
    let bytes = descriptors.encode_to_vec();
    fs::write(out.join("descriptors.bin"), &bytes)?;
    tonic_prost_build::configure().compile_fds(descriptors)?;
    pbjson_build::Builder::new()
        .register_descriptors(&bytes)?
        .build(&[".shardbook"])?;
    Ok(())
}
