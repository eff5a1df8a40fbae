//! Figures beside those of a saved run.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::Failure;

/// Keys that must agree: figures of other work say nothing about each other.
const SAME: [&str; 3] = ["workload", "via", "by_chance"];
/// All runs, of which `median` is the one in the middle.
const RUNS: &str = "runs";

/// One line for each figure that both have: then, now, and now as a part of then.
pub(super) fn with_saved(now: &Value, file: &Path) -> Result<String, Failure> {
    let name = file.display();
    let text = std::fs::read(file).map_err(|error| format!("cannot read {name}: {error}"))?;
    let then: Value = serde_json::from_slice(&text).map_err(|error| format!("{name} is no bench's JSON: {error}"))?;
    for key in SAME {
        if now.get(key) != then.get(key) {
            let told = |value: &Value| value.get(key).map_or("nothing".into(), Value::to_string);
            return Err(format!(
                "{name} is of {key} {}, this run of {}: compare like with like",
                told(&then),
                told(now)
            )
            .into());
        }
    }
    let (now, then) = (flat(now), flat(&then));
    let mut text = format!(
        "{:34} {:>14} {:>14} {:>8}\n",
        format!("against {name}"),
        "then",
        "now",
        "ratio"
    );
    for (key, now) in &now {
        let Some(then) = then.get(key) else { continue };
        let ratio = if *then == 0.0 {
            "-".into()
        } else {
            format!("{:.3}", now / then)
        };
        text.push_str(&format!("{key:34} {then:14.3} {now:14.3} {ratio:>8}\n"));
    }
    Ok(text)
}

/// Every number by its path, but for single runs.
fn flat(value: &Value) -> BTreeMap<String, f64> {
    fn walk(path: &str, value: &Value, into: &mut BTreeMap<String, f64>) {
        match value {
            Value::Object(fields) => {
                for (key, value) in fields.iter().filter(|(key, _)| *key != RUNS) {
                    let path = if path.is_empty() {
                        key.clone()
                    } else {
                        format!("{path}.{key}")
                    };
                    walk(&path, value, into);
                }
            }
            Value::Number(number) => _ = number.as_f64().map(|number| into.insert(path.to_owned(), number)),
            _ => {}
        }
    }
    let mut figures = BTreeMap::new();
    walk("", value, &mut figures);
    figures
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Protects comparisons: like is set beside like, and other work, other files and no files are refused.
    #[test]
    fn like_is_compared_with_like() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("then.json");
        let save = |value: &Value| std::fs::write(&file, value.to_string()).expect("written");
        let run = |via: &str, rate: f64| json!({"workload": "w", "via": via, "runs": [{"x": 1}], "median": {"rate": rate, "none": null}});
        assert!(with_saved(&run("a", 3.0), &file).is_err_and(|error| error.to_string().contains("cannot read")));
        save(&run("a", 2.0));
        let text = with_saved(&run("a", 3.0), &file).expect("compared");
        assert!(
            text.contains("median.rate") && text.contains("1.500") && !text.contains("runs"),
            "{text}"
        );
        assert!(with_saved(&run("b", 3.0), &file).is_err_and(|error| error.to_string().contains("like with like")));
        std::fs::write(&file, "no json").expect("written");
        assert!(with_saved(&run("a", 3.0), &file).is_err_and(|error| error.to_string().contains("no bench's JSON")));
    }
}
