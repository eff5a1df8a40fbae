//! Which web pages may connect.

use tokio_tungstenite::tungstenite::handshake::server::{Callback, ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::StatusCode;

/// Browsers name the page that connects. Nobody is authenticated yet, so on loopback only a page of this
/// machine may: otherwise any site that its user visits could bet here.
pub(super) struct Policy {
    pub allow_remote: bool,
}

impl Callback for Policy {
    fn on_request(self, request: &Request, response: Response) -> Result<Response, ErrorResponse> {
        let origin = request
            .headers()
            .get("origin")
            .map(|origin| origin.to_str().unwrap_or_default());
        if self.allow_remote || origin.is_none_or(is_local) {
            return Ok(response);
        }
        let mut refusal = ErrorResponse::new(Some("pages of other hosts may not connect; open the page here".into()));
        *refusal.status_mut() = StatusCode::FORBIDDEN;
        Err(refusal)
    }
}

/// True for the origin of a page served by this machine.
pub(crate) fn is_local(origin: &str) -> bool {
    let Some((_, authority)) = origin.split_once("://") else {
        return false;
    };
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Protects a developer who has another site open in the same browser.
    #[test]
    fn only_pages_of_this_machine() {
        for origin in [
            "http://localhost:7702",
            "http://127.0.0.1",
            "http://[::1]:80",
            "http://[::1]",
        ] {
            assert!(is_local(origin), "{origin}");
        }
        for origin in [
            "http://localhost.evil.example",
            "https://evil.example",
            "null",
            "",
            "http://127.0.0.1:x@evil.example",
        ] {
            assert!(!is_local(origin), "{origin}");
        }
    }
}
