//! What Azure Resource Graph finds: the way to a resource of which only a name or an address is known.
//!
//! It searches everything that the identity may read, and leaves out the rest without a word. So what it does
//! not find may still be there; and as it lags behind by minutes, what it finds is read again from its source
//! before anything is concluded from it. Source: Microsoft, "Azure Resource Graph REST API", 2021-03-01.

use serde_json::{Value, json};

use super::{Asked, Question, Unknown};

/// A search in the table `resources`: `filter` is what follows, such as `where type =~ 'microsoft.web/sites'`.
/// `read` gets one row; rows that it makes nothing of are left out.
pub(crate) fn search<T>(filter: &str, what: impl Into<String>, read: fn(&Value) -> Asked<T>) -> Question<T> {
    let query = format!("resources | {filter}");
    Question::get(
        "/providers/Microsoft.ResourceGraph/resources",
        "2021-03-01",
        "Microsoft.ResourceGraph/resources/read",
        what,
        read,
    )
    .posting(&json!({ "query": query, "options": { "resultFormat": "objectArray" } }))
}

/// The rows of a search's answer.
///
/// # Errors
/// When there are none to be had, or only a part of them.
pub(crate) fn rows(answer: &Value) -> Asked<&[Value]> {
    let truncated = answer.get("resultTruncated").and_then(Value::as_str) == Some("true");
    let rows = answer.get("data").and_then(Value::as_array).filter(|_| !truncated);
    rows.map(Vec::as_slice).ok_or_else(|| Unknown::Odd("Resource Graph gave no whole answer".to_owned()))
}

/// A text of the query language, quoted.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
}

/// Several of them: `('a', 'b')`.
pub(crate) fn any_of<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let texts: Vec<String> = texts.into_iter().map(quoted).collect();
    format!("({})", texts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_a_quoted_text() {
        assert_eq!(quoted(r"shop'; drop \"), r"'shop\'; drop \\'");
        assert_eq!(any_of(["a", "b"]), "('a', 'b')");
    }

    #[test]
    fn a_part_of_an_answer_is_none() {
        assert_eq!(rows(&json!({ "data": [1], "resultTruncated": "false" })), Ok(&[json!(1)][..]));
        assert!(rows(&json!({ "data": [1], "resultTruncated": "true" })).is_err());
        assert!(rows(&json!({})).is_err());
    }
}
