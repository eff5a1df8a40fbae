//! Why a document is not settled.

/// What is wrong with a document, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct CalculatorError {
    /// Bet and field, such as `bet 2 (anna-1), legs[0].price`, or the part of the document, such as `results[3].outcome`.
    pub place: String,
    /// The stable code.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub problem: String,
}

impl CalculatorError {
    pub(crate) fn new(place: impl Into<String>, code: &'static str, problem: impl ToString) -> CalculatorError {
        CalculatorError {
            place: place.into(),
            code,
            problem: problem.to_string(),
        }
    }
}
