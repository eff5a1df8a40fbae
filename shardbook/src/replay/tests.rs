use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{Stream, StreamExt, stream};
use shardbook_proto::provider::v1::feed_server::{Feed as FeedService, FeedServer};
use shardbook_proto::provider::v1::{FeedMessage, FeedReply};
use shardbook_replay::Timed;
use tokio::net::TcpListener;
use tonic::transport::server::{Server, TcpIncoming};
use tonic::{Request, Response, Status, Streaming};

use super::*;

const MESSAGES: usize = 2_000;

/// A trading book that breaks its first streams and refuses one message.
#[derive(Clone, Default)]
struct Book(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    taken: Vec<String>,
    streams: usize,
}

#[tonic::async_trait]
impl FeedService for Book {
    type PublishStream = Pin<Box<dyn Stream<Item = Result<FeedReply, Status>> + Send>>;

    async fn publish(&self, request: Request<Streaming<FeedMessage>>) -> Result<Response<Self::PublishStream>, Status> {
        let state = Arc::clone(&self.0);
        let stream_number = {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.streams += 1;
            state.streams
        };
        let answered = stream::iter(0_usize..)
            .zip(request.into_inner())
            .map(move |(index, message)| {
                let message = message?;
                let broken = stream_number < 4 && index >= stream_number * 100;
                if !broken || stream_number == 2 {
                    // The second stream takes the message and loses the answer.
                    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
                    if !state.taken.contains(&message.id) {
                        state.taken.push(message.id.clone());
                    }
                }
                let code = match (broken, stream_number, message.id.as_str()) {
                    (true, 1 | 2, _) => return Err(Status::internal("broken")),
                    (true, ..) => "OVERLOADED",
                    (_, _, "m-7") => "PRICE_ABSURD",
                    _ => "",
                };
                Ok(FeedReply {
                    id: message.id,
                    code: code.into(),
                    message: String::new(),
                })
            });
        Ok(Response::new(Box::pin(answered)))
    }
}

fn messages() -> Vec<Timed> {
    let message = |n| FeedMessage {
        id: format!("m-{n}"),
        event: "e".into(),
        ..FeedMessage::default()
    };
    (0..MESSAGES)
        .map(|n| Timed {
            due: Duration::from_micros(n as u64),
            message: message(n),
        })
        .collect()
}

/// Broken streams, a lost answer and a server that asks for patience change nothing: every message arrives, in order.
#[tokio::test]
async fn every_message_arrives_in_order() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let to = format!("http://{}", listener.local_addr().expect("bound"));
    let book = Book::default();
    let service = FeedServer::new(book.clone());
    tokio::spawn(
        Server::builder()
            .add_service(service)
            .serve_with_incoming(TcpIncoming::from(listener)),
    );

    let mut publisher = Publisher::start(to, Duration::from_secs(60), Feed::of(messages()));
    let report = publisher.ended().await.expect("arrives");
    let state = book.0.lock().unwrap_or_else(PoisonError::into_inner);
    let expected: Vec<String> = (0..MESSAGES).map(|n| format!("m-{n}")).collect();
    assert_eq!(state.taken, expected);
    assert_eq!(state.streams, 4);
    assert!(report.sent.sent_again > 0);
    assert_eq!(report.sent.messages, MESSAGES as u64);
    let answers = [
        ("PRICE_ABSURD".to_string(), 1),
        ("TAKEN".to_string(), MESSAGES as u64 - 1),
    ];
    assert_eq!(report.sent.answers, answers.into());
}

/// Without a server the replay ends with an error that says where it looked and what to start.
#[tokio::test]
async fn no_server_is_said() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let to = format!("http://{}", listener.local_addr().expect("bound"));
    drop(listener);
    let mut publisher = Publisher::start(to.clone(), Duration::from_millis(50), Feed::of(messages()));
    let failure = publisher.ended().await.expect_err("nobody listens").to_string();
    assert!(failure.contains(&to) && failure.contains("shardbook run"), "{failure}");
}
