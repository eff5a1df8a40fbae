//! The schema in the documents.

use std::collections::BTreeSet;

use serde_json::Value;
use shardbook_calculator::schema;

use crate::documents::{EXAMPLES, docs, document, example, single};

/// What of a value is against a schema: the few keywords that ours uses. A keyword that is not known here fails.
fn faults(schema: &Value, root: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    let mut fault = |what: &str| found.push(format!("{path}: {what}"));
    let number = |value: &Value| value.as_i64().unwrap_or(i64::MAX);
    for (keyword, rule) in schema.as_object().expect("a schema is an object") {
        match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "properties" | "items" | "$ref" => {}
            "type" => {
                let right = match rule.as_str().expect("a type") {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "integer" => value.is_u64() || value.is_i64(),
                    other => panic!("type {other} is not known"),
                };
                if !right {
                    fault("type");
                }
            }
            "enum" => {
                if !rule.as_array().expect("a list").contains(value) {
                    fault("enum");
                }
            }
            "required" => {
                for name in rule.as_array().expect("a list") {
                    if value.get(name.as_str().expect("a name")).is_none() {
                        fault(&format!("required {name}"));
                    }
                }
            }
            "additionalProperties" => {
                assert_eq!(rule, &Value::Bool(false));
                for name in value.as_object().into_iter().flatten().map(|(name, _)| name) {
                    if schema["properties"].get(name).is_none() {
                        fault(&format!("additional {name}"));
                    }
                }
            }
            "minItems" | "maxItems" | "minProperties" | "maxProperties" | "minLength" | "maxLength" | "minimum"
            | "maximum" => {
                let size = match value {
                    Value::Array(list) if keyword.ends_with("Items") => list.len() as i64,
                    Value::Object(object) if keyword.ends_with("Properties") => object.len() as i64,
                    Value::String(text) if keyword.ends_with("Length") => text.chars().count() as i64,
                    Value::Number(_) if keyword.ends_with("imum") => number(value),
                    _ => continue,
                };
                if (keyword.starts_with("min") && size < number(rule))
                    || (keyword.starts_with("max") && size > number(rule))
                {
                    fault(keyword);
                }
            }
            other => panic!("keyword {other} is not known"),
        }
    }
    if let Some(reference) = schema.get("$ref") {
        let name = reference
            .as_str()
            .and_then(|name| name.strip_prefix("#/$defs/"))
            .expect("a definition");
        faults(&root["$defs"][name], root, value, path, found);
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        if let Some(schema) = schema.get("properties").and_then(|properties| properties.get(name)) {
            faults(schema, root, value, &format!("{path}.{name}"), found);
        }
    }
    if let Some(items) = schema.get("items") {
        for (at, value) in value.as_array().into_iter().flatten().enumerate() {
            faults(items, root, value, &format!("{path}[{at}]"), found);
        }
    }
}

fn check(document: &str) -> Vec<String> {
    let schema: Value = serde_json::from_str(schema()).expect("the schema is JSON");
    let value = serde_json::from_str(document).expect("JSON");
    let mut found = Vec::new();
    faults(&schema, &schema, &value, "", &mut found);
    found
}

/// Protects the schema in the documents: it is the one that the program tells, the examples are valid by it, and what the
/// reader refuses it refuses too where a schema can.
#[test]
fn examples_are_valid_by_the_schema() {
    let written = std::fs::read_to_string(docs().join("settle.schema.json")).expect("in the documents");
    assert_eq!(written, schema());
    for name in EXAMPLES {
        assert_eq!(check(&example(name)), Vec::<String>::new(), "{name}");
    }
    let wrong = [
        r#"{}"#.to_owned(),
        r#"{"bets": []}"#.to_owned(),
        document("1", ""),
        document(&single(r#", "colour": "red""#), ""),
        document(&single(r#", "fund": "credit""#), ""),
        document(&single(r#", "placed_at": -1"#), ""),
        document(&single(r#", "sizes": [64]"#), ""),
        document(&single("").replace("2.50", ""), ""),
        document(&single("").replace(r#""unit": "10.00""#, ""), ""),
        document(&single(""), r#"{"outcome": "won"}"#),
        document(&single(""), r#"{"selection": "a", "outcome": "drawn"}"#),
        document(&single(""), r#"{"selection": "a", "finish": {"position": 0}}"#),
    ];
    for document in wrong {
        assert_ne!(check(&document), Vec::<String>::new(), "{document}");
        assert!(shardbook_calculator::settle(document.as_bytes()).is_err(), "{document}");
    }
}

/// Protects the schema from falling behind the reader: for every object the reader names the fields that it takes, and they
/// are those of the schema.
#[test]
fn the_reader_takes_the_fields_of_the_schema() {
    let schema: Value = serde_json::from_str(schema()).expect("the schema is JSON");
    let defs = &schema["$defs"];
    let result = |field: &str| {
        document(
            &single(""),
            &format!(r#"{{"selection": "a", "outcome": "won", "{field}": {{"x": 1}}}}"#),
        )
    };
    let place = r#"{"each_way": true, "stake": {"unit": "1"}, "legs": [{"selection": "a", "price": "2", "each_way": {"x": 1}}]}"#;
    let rows = [
        (&schema, r#"{"x": 1}"#.to_owned()),
        (&defs["bet"], document(r#"{"x": 1}"#, "")),
        (
            &defs["bet"]["properties"]["stake"],
            document(&single("").replace(r#""unit""#, r#""x""#), ""),
        ),
        (&defs["leg"], document(&single("").replace(r#""price""#, r#""x""#), "")),
        (&defs["leg"]["properties"]["each_way"], document(place, "")),
        (&defs["result"], document(&single(""), r#"{"x": 1}"#)),
        (&defs["result"]["properties"]["dead_heat"], result("dead_heat")),
        (&defs["result"]["properties"]["finish"], result("finish")),
        (&defs["result"]["properties"]["withdrawn"], result("withdrawn")),
        (&defs["result"]["properties"]["corrected"], result("corrected")),
        (
            &defs["result"]["properties"]["voids"]["items"],
            document(&single(""), r#"{"selection": "a", "voids": [{"x": 1}]}"#),
        ),
    ];
    for (schema, document) in rows {
        let error = crate::documents::refused(&document);
        assert_eq!(error.code, "FIELD_UNKNOWN", "{error}");
        let (_, fields) = error.problem.split_once("give ").expect("names the fields");
        let fields: BTreeSet<&str> = fields.split(", ").collect();
        let listed = schema["properties"].as_object().expect("properties");
        let listed: BTreeSet<&str> = listed.keys().map(String::as_str).collect();
        assert_eq!(fields, listed, "{}", error.place);
    }
}
