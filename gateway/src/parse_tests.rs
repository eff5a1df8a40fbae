use proptest::prelude::*;

use super::*;

/// The verdict that a client would get, without a connection.
fn verdict(text: &str) -> Result<ClientMessage, Box<Refusal>> {
    let message = parse(text)?;
    check(&message).map_err(|error| {
        Box::new(Refusal {
            id: message.id.clone(),
            error,
        })
    })?;
    Ok(message)
}

/// Protects clients' authors: each kind of fault has its own code, and the id comes back where it could be read.
#[test]
fn each_fault_has_its_code() {
    let long_event = "e".repeat(129);
    let long_list = vec!["\"e\""; 1_001].join(",");
    let rows = [
        ("", "BAD_JSON", ""),
        ("{", "BAD_JSON", ""),
        ("[]", "BAD_JSON", ""),
        ("\"ping\"", "BAD_JSON", ""),
        ("{\"id\":\"a\",}", "BAD_JSON", ""),
        ("{\"id\":\"a\",\"ping\":{}} x", "BAD_JSON", ""),
        ("{\"id\":\"a\"}", "UNKNOWN_MESSAGE", "a"),
        ("{\"id\":\"a\",\"ping\":null}", "UNKNOWN_MESSAGE", "a"),
        ("{\"id\":\"a\",\"launchRocket\":{}}", "UNKNOWN_MESSAGE", "a"),
        ("{\"id\":\"a\",\"ping\":{\"x\":1}}", "UNKNOWN_FIELD", "a"),
        (
            "{\"id\":\"a\",\"placeBet\":{\"legs\":[{\"odds\":\"2\"}]}}",
            "UNKNOWN_FIELD",
            "a",
        ),
        ("{\"id\":\"a\",\"placeBet\":{\"stake\":10}}", "BAD_FIELD", "a"),
        (
            "{\"id\":\"a\",\"placeBet\":{\"policy\":\"PRICE_POLICY_SIDEWAYS\"}}",
            "BAD_FIELD",
            "a",
        ),
        ("{\"id\":\"a\",\"ping\":{},\"ping\":{}}", "BAD_FIELD", "a"),
        ("{\"id\":\"a\",\"ping\":{},\"balance\":{}}", "BAD_FIELD", "a"),
        ("{\"id\":7,\"ping\":{}}", "BAD_FIELD", ""),
        ("{\"ping\":{}}", "BAD_ID", ""),
        ("{\"id\":\"\",\"ping\":{}}", "BAD_ID", ""),
        ("{\"id\":\"a\\nb\",\"ping\":{}}", "BAD_ID", "a\nb"),
        (
            "{\"id\":\"a\",\"openSession\":{\"brand\":\"Acme\",\"player\":\"p\"}}",
            "BAD_BRAND",
            "a",
        ),
        (
            "{\"id\":\"a\",\"openSession\":{\"brand\":\"acme\",\"player\":\"p q\"}}",
            "BAD_PLAYER",
            "a",
        ),
        (
            "{\"id\":\"a\",\"subscribe\":{\"events\":[\"e\",\"\"]}}",
            "BAD_EVENT",
            "a",
        ),
        ("{\"id\":\"a\",\"listBets\":{\"limit\":101}}", "BAD_PAGE", "a"),
    ];
    for (text, code, id) in rows {
        let refusal = verdict(text).expect_err(text);
        assert_eq!(
            (refusal.error.code.as_str(), refusal.id.as_str()),
            (code, id),
            "{text}: {:?}",
            refusal.error
        );
        assert!(refusal.error.message.len() < 400, "{text}: {}", refusal.error.message);
    }
    let id = "i".repeat(65);
    let rows = [
        (format!("{{\"id\":\"{id}\",\"ping\":{{}}}}"), "BAD_ID"),
        (
            format!("{{\"id\":\"a\",\"subscribe\":{{\"events\":[\"{long_event}\"]}}}}"),
            "BAD_EVENT",
        ),
        (
            format!("{{\"id\":\"a\",\"unsubscribe\":{{\"events\":[{long_list}]}}}}"),
            "TOO_MANY_EVENTS",
        ),
        ("[".repeat(60_000), "BAD_JSON"),
    ];
    for (text, code) in rows {
        assert_eq!(verdict(&text).expect_err(code).error.code, code);
    }
}

/// Protects the author of a client who looks for the fault: the place is named.
#[test]
fn a_fault_names_its_place() {
    let error = verdict("{\"id\":\"a\",\n \"ping\" {}}").expect_err("no colon").error;
    assert!(error.message.contains("line 2 column 9"), "{}", error.message);
    let error = verdict("{\"id\":\"a\",\"ping\":{\"colour\":1}}")
        .expect_err("no such field")
        .error;
    assert!(error.message.contains("colour"), "{}", error.message);
}

/// Protects good clients: what the schema allows is taken.
#[test]
fn what_the_schema_allows_is_taken() {
    for text in [
        "{\"id\":\"1\",\"ping\":{}}",
        "{\"id\":\"~ !\",\"openSession\":{\"brand\":\"a-1\",\"player\":\"A.b_c-9\",\"currency\":\"EUR\"}}",
        "{\"id\":\"a\",\"placeBet\":{\"legs\":[{\"event\":\"e\",\"market\":1,\"price\":\"2.5\"}],\"stake\":\"1\"}}",
        "{\"id\":\"a\",\"subscribe\":{}}",
        "{\"id\":\"a\",\"selfExclude\":{\"untilMs\":\"1900000000000\"}}",
    ] {
        assert!(verdict(text).is_ok(), "{text}: {:?}", verdict(text));
    }
}

/// A JSON value that looks like a message in parts.
fn near_messages() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "id",
        "ping",
        "placeBet",
        "legs",
        "stake",
        "events",
        "subscribe",
        "untilMs",
        "selfExclude",
        "1",
        "\u{0}",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        words.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((words.clone(), inner), 0..5).prop_map(|fields| {
                Value::Object(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
            }),
        ]
    })
    .prop_map(|value| value.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    /// Protects the gateway from any text: it is taken, or refused once with a code that the handbook lists.
    #[test]
    fn any_text_is_taken_or_refused_once(text in prop_oneof![any::<String>(), near_messages()], cut in 0_usize..200) {
        let shorter: String = text.chars().take(cut).collect();
        for text in [text, shorter] {
            if let Err(refusal) = verdict(&text) {
                prop_assert!(codes::ALL.iter().any(|code| code.name == refusal.error.code));
                prop_assert!(refusal.id.len() <= MAX_ID_BYTES);
            }
        }
    }
}
