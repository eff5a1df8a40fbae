//! The live page and the figures behind it.

mod figures;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use shardbook_proto::client::v1::Error;
use shardbook_proto::internal::v1::shard_reply::Reply;
use shardbook_proto::internal::v1::shard_request::Target;
use shardbook_proto::internal::v1::{Checkpoint, HouseTotals, HouseTotalsReply};
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use crate::codes;
use crate::edge::Edge;
use crate::gateway::Addresses;
use crate::listen::Places;
use crate::websocket::origin;
use figures::Figures;

/// For whoever finds no place.
pub(crate) const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nretry-after: 5\r\nconnection: close\r\n\r\n";
const PAGE: &str = include_str!("http/page.html");
/// However many pages are open, the shards are asked for their totals no more often than this.
const TOTALS_AGE: Duration = Duration::from_millis(200);
/// A checkpoint of a large store links many files.
const CHECKPOINT_PATIENCE: Duration = Duration::from_secs(60);

struct Site {
    edge: Arc<Edge>,
    addresses: Addresses,
    totals: Mutex<Option<(Instant, HouseTotalsReply)>>,
}

/// Serves until the gateway stops.
pub(crate) async fn serve(edge: Arc<Edge>, addresses: Addresses, listener: TcpListener) {
    let stopped = edge.stopped();
    let (most, idle) = (edge.config.max_http_connections, edge.config.idle());
    let listener = Places::new(Arc::clone(&edge), listener, most, idle, FULL);
    let site = Arc::new(Site {
        edge,
        addresses,
        totals: Mutex::default(),
    });
    let routes = Router::new()
        .route("/", get(page))
        .route("/healthz", get(health))
        .route("/stats", get(stats))
        .route("/checkpoint", post(checkpoint))
        .with_state(site);
    if let Err(fault) = axum::serve(listener, routes).with_graceful_shutdown(stopped).await {
        tracing::error!(%fault, "the HTTP listener ended");
    }
}

async fn page() -> impl IntoResponse {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                  connect-src 'self' ws: wss:; base-uri 'none'; frame-ancestors 'none'";
    (
        [
            (header::CONTENT_SECURITY_POLICY, policy),
            (header::CACHE_CONTROL, "no-store"),
        ],
        Html(PAGE),
    )
}

async fn health(State(site): State<Arc<Site>>) -> (StatusCode, String) {
    if let Some(why) = site.edge.failure() {
        (StatusCode::SERVICE_UNAVAILABLE, format!("stopped: {why}\n"))
    } else if site.edge.is_stopping() {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping\n".into())
    } else {
        (StatusCode::OK, "serving\n".into())
    }
}

async fn stats(State(site): State<Arc<Site>>) -> Response {
    match site.totals().await {
        Ok(totals) => Json(Figures::of(&site.edge, &site.addresses, &totals)).into_response(),
        Err(error) => refusal(&error),
    }
}

#[derive(Serialize)]
struct Written {
    path: String,
}

async fn checkpoint(State(site): State<Arc<Site>>, headers: HeaderMap) -> Response {
    let origin = headers
        .get(header::ORIGIN)
        .map(|origin| origin.to_str().unwrap_or_default());
    if !site.edge.config.allow_remote && origin.is_some_and(|origin| !origin::is_local(origin)) {
        return StatusCode::FORBIDDEN.into_response();
    }
    match site
        .edge
        .ask_within(Target::Checkpoint(Checkpoint {}), CHECKPOINT_PATIENCE)
        .await
    {
        Ok(Reply::Checkpoint(done)) => Json(Written { path: done.path }).into_response(),
        Ok(_) => refusal(&codes::UNKNOWN.error()),
        Err(error) => refusal(&error),
    }
}

fn refusal(error: &Error) -> Response {
    #[derive(Serialize)]
    struct Refusal<'a> {
        code: &'a str,
        message: &'a str,
        retry: bool,
    }
    let body = Refusal {
        code: &error.code,
        message: &error.message,
        retry: error.retry,
    };
    (StatusCode::SERVICE_UNAVAILABLE, Json(body)).into_response()
}

impl Site {
    async fn totals(&self) -> Result<HouseTotalsReply, Error> {
        let mut held = self.totals.lock().await;
        if let Some((at, totals)) = &*held
            && at.elapsed() < TOTALS_AGE
        {
            return Ok(totals.clone());
        }
        match self.edge.ask(Target::HouseTotals(HouseTotals {})).await? {
            Reply::HouseTotals(totals) => {
                *held = Some((Instant::now(), totals.clone()));
                Ok(totals)
            }
            _ => Err(codes::UNKNOWN.error()),
        }
    }
}
