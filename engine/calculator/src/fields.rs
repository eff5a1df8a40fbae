//! Reading JSON objects field by field, so that every refusal says where.

use serde_json::{Map, Value};

use crate::error::CalculatorError;

/// Longest text of a field: names of selections and markets, prices, amounts.
const MAX_TEXT: usize = 200;

/// An object of the document and the way to it.
#[derive(Clone)]
pub(crate) struct Fields<'a> {
    /// The bet that it belongs to, with a comma behind, or nothing.
    of: String,
    path: String,
    object: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    /// Takes a value that must be an object with no other fields than these.
    pub(crate) fn of(of: &str, path: &str, value: &'a Value, allowed: &[&str]) -> Result<Fields<'a>, CalculatorError> {
        let place = if path.is_empty() && of.is_empty() {
            "document"
        } else {
            path
        };
        let at = || format!("{of}{place}");
        let Value::Object(object) = value else {
            let place = at();
            let place = place.trim_end_matches(", ");
            return Err(CalculatorError::new(
                place,
                "NOT_AN_OBJECT",
                "it is no JSON object: give one in braces",
            ));
        };
        let fields = Fields {
            of: of.to_owned(),
            path: path.to_owned(),
            object,
        };
        match object.keys().find(|key| !allowed.contains(&key.as_str())) {
            Some(unknown) => {
                let short: String = unknown.chars().filter(|letter| !letter.is_control()).take(40).collect();
                let problem = format!("there is no such field: give {}", allowed.join(", "));
                Err(CalculatorError::new(fields.place(&short), "FIELD_UNKNOWN", problem))
            }
            None => Ok(fields),
        }
    }

    /// The way to a field.
    pub(crate) fn place(&self, name: &str) -> String {
        let dot = if self.path.is_empty() { "" } else { "." };
        format!("{}{}{dot}{name}", self.of, self.path)
    }

    /// A refusal of a field.
    pub(crate) fn refuse(&self, name: &str, code: &'static str, problem: impl ToString) -> CalculatorError {
        CalculatorError::new(self.place(name), code, problem)
    }

    /// A field that may be missing; `null` is as good as missing.
    pub(crate) fn get(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub(crate) fn need(&self, name: &str, what: &str) -> Result<&'a Value, CalculatorError> {
        self.get(name)
            .ok_or_else(|| self.refuse(name, "FIELD_MISSING", format!("it is missing: give {what}")))
    }

    pub(crate) fn text(&self, name: &str, what: &str) -> Result<&'a str, CalculatorError> {
        self.need(name, what)?;
        self.optional_text(name, what).map(Option::unwrap_or_default)
    }

    pub(crate) fn optional_text(&self, name: &str, what: &str) -> Result<Option<&'a str>, CalculatorError> {
        match self.get(name) {
            None => Ok(None),
            // Workings are shown on terminals, which such characters steer.
            Some(Value::String(text)) if text.chars().any(char::is_control) => {
                let problem = "it has control characters: leave them out";
                Err(self.refuse(name, "TEXT_CONTROL", problem))
            }
            Some(Value::String(text)) if !text.is_empty() && text.len() <= MAX_TEXT => Ok(Some(text)),
            Some(Value::String(_)) => {
                let problem = format!("it is empty or longer than {MAX_TEXT} bytes: give {what}");
                Err(self.refuse(name, "TEXT_LENGTH", problem))
            }
            Some(_) => Err(self.refuse(name, "NOT_A_TEXT", format!("it is no text: give {what}, in quotes"))),
        }
    }

    /// A whole number from 0 to `max`.
    pub(crate) fn optional_number(&self, name: &str, max: u64) -> Result<Option<u64>, CalculatorError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let number = value.as_u64().filter(|number| *number <= max);
        let refused = || {
            self.refuse(
                name,
                "NOT_A_NUMBER",
                format!("it is no whole number or too large: give one from 0 to {max}"),
            )
        };
        number.map(Some).ok_or_else(refused)
    }

    pub(crate) fn number(&self, name: &str, max: u64) -> Result<u64, CalculatorError> {
        self.need(name, &format!("a whole number from 0 to {max}"))?;
        self.optional_number(name, max).map(Option::unwrap_or_default)
    }

    pub(crate) fn flag(&self, name: &str) -> Result<bool, CalculatorError> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.refuse(name, "NOT_A_FLAG", "it is neither true nor false: give one of them")),
        }
    }

    pub(crate) fn list(&self, name: &str) -> Result<&'a [Value], CalculatorError> {
        match self.get(name) {
            None => Ok(&[]),
            Some(Value::Array(list)) => Ok(list),
            Some(_) => Err(self.refuse(name, "NOT_A_LIST", "it is no list: give one in brackets")),
        }
    }

    /// An object within.
    pub(crate) fn within(&self, name: &str, allowed: &[&str]) -> Result<Option<Fields<'a>>, CalculatorError> {
        self.get(name).map(|value| self.child(name, value, allowed)).transpose()
    }

    /// The object of a list.
    pub(crate) fn item(
        &self,
        name: &str,
        at: usize,
        value: &'a Value,
        allowed: &[&str],
    ) -> Result<Fields<'a>, CalculatorError> {
        self.child(&format!("{name}[{at}]"), value, allowed)
    }

    fn child(&self, name: &str, value: &'a Value, allowed: &[&str]) -> Result<Fields<'a>, CalculatorError> {
        let dot = if self.path.is_empty() { "" } else { "." };
        Fields::of(&self.of, &format!("{}{dot}{name}", self.path), value, allowed)
    }
}
